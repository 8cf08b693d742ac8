import Disk
import EventLog
import Foundation
import Jobs
import TestKit
import Testing

/// A log with damage is folded up to it and no further; the error says where it is and what to do.
@Suite struct DamagedLogTests {
    /// One damage to the files of a log.
    private struct Damage {
        let name: String
        let path: String
        /// Nil removes the file.
        let bytes: [UInt8]?
        /// What the error says besides the path.
        var says = ["restore"]
        /// No record from here on may be folded.
        var from = UInt64.max
        var status = ExitStatus.badData
    }

    private func read(_ path: String) throws -> [UInt8] {
        try LocalVolume().readFile(path, bytesMax: 1 << 24)
    }

    /// Three segments with a configuration each, the last one open.
    private func world() async throws -> (PipelineWorld, expected: [String]) {
        let history = try RandomHistory(seed: 77, lineCount: 1500)
        var random = SplitMix64(seed: 77)
        let world = try await PipelineWorld(partitions: 4, batchRecords: 100)
        let parts = [0, 500, 1000, history.lines.count]
        for (start, end) in zip(parts, parts.dropFirst()) {
            try world.append(history, start..<end, &random)
            guard end < history.lines.count else { continue }
            let writer = try world.access.openWriter(world.settings, now: WallClock.now)
            try writer.seal()
            writer.close()
        }
        let whole = try await PipelineWorld(partitions: 4, batchRecords: 100, sharing: world)
        try await whole.fold()
        return (world, try await whole.dump())
    }

    private func damages(_ world: PipelineWorld) throws -> [Damage] {
        let log = world.access.directory.path
        let names = try world.access.directory.segmentNames()
        #expect(names.count == 3)
        var damages: [Damage] = []
        for name in names {
            let path = log + "/" + name.fileName
            let whole = try read(path)
            var bytes = whole
            bytes[40] ^= 0x10
            damages.append(
                Damage(
                    name: "frame",
                    path: path,
                    bytes: bytes,
                    says: ["byte 0", "record \(name.baseOffset)", "restore"],
                    from: name.baseOffset
                )
            )
            guard name != names.last else { continue }
            bytes = whole
            bytes.replaceSubrange(
                (whole.count / 3)..<(whole.count / 3 + 200),
                with: repeatElement(0, count: 200)
            )
            damages.append(
                Damage(name: "zeros", path: path, bytes: bytes, says: ["byte ", "record ", "restore"])
            )
        }
        let middle = log + "/" + names[1].fileName
        damages.append(
            Damage(
                name: "other segment",
                path: middle,
                bytes: try read(log + "/" + names[2].fileName),
                from: 500
            )
        )
        damages.append(
            Damage(
                name: "deleted",
                path: log + "/" + names[0].fileName,
                bytes: nil,
                says: ["deleted by retention", "500"],
                from: 0
            )
        )
        let configuration = world.access.directory.configurations.path(at: 0)
        var bytes = try read(configuration)
        let digit = try #require(bytes.lastIndex { (UInt8(ascii: "1")...UInt8(ascii: "8")).contains($0) })
        bytes[digit] += 1
        damages.append(
            Damage(
                name: "another number",
                path: configuration,
                bytes: bytes,
                says: ["record 0", "restore"],
                from: 0
            )
        )
        return damages
    }

    @Test func `what is before the damage is folded, nothing wrong is, and the rest once it is mended`()
        async throws
    {
        let (whole, expected) = try await world()
        for damage in try damages(whole) {
            let world = try await PipelineWorld(partitions: 4, batchRecords: 100, sharing: whole)
            let good = try read(damage.path)
            if let bytes = damage.bytes {
                try LocalVolume().atomicWrite(bytes, to: damage.path)
            } else {
                try LocalVolume().remove(damage.path)
            }
            let what = "\(damage.name) of \(damage.path)"
            let error = await #expect(throws: (any Error).self, "\(what)") { try await world.fold() }
            let failure = JobError(try #require(error))
            #expect(failure.status == damage.status, "\(what): \(failure.message)")
            for words in damage.says + (damage.bytes == nil ? [] : [damage.path]) {
                #expect(failure.message.contains(words), "\(what): \(failure.message)")
            }
            let marks = "SELECT coalesce(max(next_offset), 0) FROM goalpost.fold_watermark"
            let folded = try await UInt64(world.number(marks))
            #expect(folded <= damage.from, "\(what)")
            // What lies before it is folded, but for the batch that it is in.
            if damage.from < .max { #expect(folded + 100 >= damage.from, "\(what)") }
            try LocalVolume().atomicWrite(good, to: damage.path)
            try await world.fold()
            let isSame = try await world.dump() == expected
            #expect(isSame, "\(what)")
        }
    }

    @Test func `a log that lost its end, or is another, is not folded on`() async throws {
        let (world, _) = try await world()
        try await world.fold()
        let before = try await world.dump()
        let log = world.access.directory.path
        let last = log + "/" + (try #require(try world.access.directory.segmentNames().last)).fileName
        let bytes = try read(last)
        let identity = log + "/" + StreamIdentity.fileName
        let stream = try read(identity)
        // A configuration governs from its start on: with it gone the log could have ended there.
        try LocalVolume().remove(last)
        let lost = JobError(try #require(await #expect(throws: (any Error).self) { try await world.fold() }))
        #expect(lost.status == .badData && lost.message.contains("the log lost its end"), "\(lost.message)")
        try LocalVolume().atomicWrite(bytes, to: last)
        let uuid = try world.access.directory.identity().uuid
        let other = (uuid.hasPrefix("0") ? "1" : "0") + uuid.dropFirst()
        let text = String(decoding: stream, as: UTF8.self).replacing(uuid, with: other)
        try LocalVolume().atomicWrite(Array(text.utf8), to: identity)
        let strange = JobError(
            try #require(await #expect(throws: (any Error).self) { try await world.fold() })
        )
        #expect(strange.status == .configuration && strange.message.contains(other), "\(strange.message)")
        try LocalVolume().atomicWrite(stream, to: identity)
        try await world.fold()
        let isSame = try await world.dump() == before
        #expect(isSame, "after both were mended")
    }

    @Test func `the program exits with 65 and names file, byte and record`() async throws {
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        try program.succeed("init", "--challenges", RefusalTests.fixtures + "/challenges.json")
        try program.succeed("ingest", RefusalTests.fixtures + "/events.ndjson.zst")
        let path = program.data + "/log/events/" + SegmentName(baseOffset: 0).fileName
        let good = try read(path)
        var bytes = good
        bytes[100] ^= 1
        try LocalVolume().atomicWrite(bytes, to: path)
        let checked = try program.run("log", "verify")
        #expect(checked.status == 65)
        #expect(checked.output.contains("\(path): byte 0, record 0: ") && checked.output.contains("DAMAGED"))
        RefusalTests.expect(
            try program.run("run", "fold"),
            65,
            "\(path) is damaged at byte 0 (record 0)",
            "restore the file from a copy",
            "goalpost log verify"
        )
        try LocalVolume().atomicWrite(good, to: path)
        try program.succeed("log", "verify")
        try program.succeed("run", "fold")
    }
}
