import Foundation
import Jobs
import PayloadStore
import Payloads
import TestKit
import Testing

/// Bytes of the payload store's file that change on disk: named, never served, and mended by a publish.
@Suite struct DamagedPayloadTests {
    private func verify(_ world: PipelineWorld, repairs: Bool = false) async throws -> VerifySummary {
        var options = VerifyOptions()
        options.payloads = true
        options.repairs = repairs
        return try await VerifyJob(
            settings: world.settings,
            access: world.access,
            database: world.database,
            log: world.log,
            options: options
        ).run()
    }

    /// Changes one byte wherever `bytes` stand in the store's file, and says in how many places that was.
    private func spoil(_ bytes: [UInt8], _ world: PipelineWorld) throws -> Int {
        let url = URL(filePath: world.access.workspace.payloads + "/data.mdb")
        let whole = try Data(contentsOf: url)
        let file = try FileHandle(forUpdating: url)
        defer { do { try file.close() } catch { Issue.record(error) } }
        var (places, from) = (0, whole.startIndex)
        while let found = whole.range(of: Data(bytes), in: from..<whole.endIndex) {
            let at = found.lowerBound + bytes.count / 2
            try file.seek(toOffset: UInt64(at))
            try file.write(contentsOf: Data([whole[at] ^ 0x04]))
            places += 1
            from = found.upperBound
        }
        return places
    }

    private func payloads(_ world: PipelineWorld) async throws -> CheckJob.Finding {
        let findings = await CheckJob(settings: world.settings, access: world.access).run()
        return try #require(findings.first { $0.part == "payloads" })
    }

    @Test func `a damaged answer is refused by name, found by verify and published again`() async throws {
        let world = try await VerifyWorld(seed: 8, lineCount: 800)
        let (pipeline, day) = (world.pipeline, world.history.publishDays[0])
        try await pipeline.publish(day: day)
        #expect(try await verify(pipeline).isClean)
        let player = try Self.player(pipeline)
        let name = String(decoding: player.user, as: UTF8.self)
        let before = try pipeline.answer(name, .initialize).bytes
        #expect(try spoil(try #require(player.answers)[.initialize].frame, pipeline) > 0)
        let error = #expect(throws: (any Error).self) { try pipeline.answer(name, .initialize) }
        let failure = JobError(try #require(error))
        #expect(failure.status == .badData)
        #expect(
            failure.message.contains(name) && failure.message.contains("publish --all"),
            "\(failure.message)"
        )
        // The frames beside it are whole.
        #expect(try pipeline.answer(name, .activeOnly).isKnown)
        let found = try await verify(pipeline, repairs: true)
        #expect(found.drift.rows[.payloadDiffers] == 3 && found.drift.rows[.payloadMissing] == nil)
        #expect(found.markedPlayers == 1)
        try await pipeline.publish(day: day)
        #expect(try await verify(pipeline).isClean)
        expectSame(try pipeline.answer(name, .initialize).bytes, before)
    }

    /// A player with an answer of his own; read by a reader that is gone afterwards.
    private static func player(_ pipeline: PipelineWorld) throws -> PublishedPlayer {
        let reader = try PublishedStore(directory: pipeline.access.workspace.payloads).makeReader()
        let players = try reader.players(limit: 1000).players
        return try #require(players.first { $0.answers.map { $0[.initialize].frame.count > 60 } == true })
    }

    /// Read by a reader that is gone afterwards: while one is open in this process nothing can be published.
    private static func templateAndPlayer(_ pipeline: PipelineWorld) throws -> (TemplateID, [UInt8], String) {
        let reader = try PublishedStore(directory: pipeline.access.workspace.payloads).makeReader()
        let id = try #require(try reader.state().template(.initialize))
        let user = try #require(try reader.players(limit: 1).players.first).user
        return (id, try #require(try reader.template(id)), String(decoding: user, as: UTF8.self))
    }

    @Test func `a damaged template is refused by name, found by check and written anew`() async throws {
        let world = try await VerifyWorld(seed: 9, lineCount: 800)
        let (pipeline, day) = (world.pipeline, world.history.publishDays[0])
        try await pipeline.publish(day: day)
        #expect(try await payloads(pipeline).isGood)
        let (id, template, player) = try Self.templateAndPlayer(pipeline)
        let before = try pipeline.answer(player, .initialize).bytes
        #expect(try spoil(template, pipeline) > 0)
        let finding = try await payloads(pipeline)
        #expect(!finding.isGood && finding.text.contains("\(id)"), "\(finding.text)")
        #expect(finding.text.contains("goalpost run publish --all"), "\(finding.text)")
        let error = #expect(throws: (any Error).self) { try pipeline.answer(player, .initialize) }
        #expect(JobError(try #require(error)).status == .badData)
        try await pipeline.publish(day: day, all: true)
        #expect(try await payloads(pipeline).isGood)
        expectSame(try pipeline.answer(player, .initialize).bytes, before)
        #expect(try await verify(pipeline).isClean)
    }
}
