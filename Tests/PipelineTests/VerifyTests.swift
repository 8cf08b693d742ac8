import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Payloads
import Postgres
import TestKit
import Testing

/// Drift of every kind is found, named and repaired; where there is none, none is found.
@Suite(.serialized) struct VerifyTests {
    /// Another progress, without leaving the column's range.
    private static let step = "CASE WHEN progress > 5 THEN progress - 1 ELSE progress + 1 END"

    private static func verify(
        _ world: PipelineWorld,
        _ change: (inout VerifyOptions) -> Void = { _ in }
    ) async throws -> VerifySummary {
        var options = VerifyOptions()
        change(&options)
        return try await VerifyJob(
            settings: world.settings,
            access: world.access,
            database: world.database,
            log: world.log,
            options: options
        ).run()
    }

    /// Plants one drift; returns how many rows the last statement answered.
    private static func plant(_ drift: PlantedDrift, _ world: VerifyWorld) async throws -> Int {
        let goals = world.history.oracle.configuration.goals.map { String(decoding: $0.id, as: UTF8.self) }
        let end = world.history.lines.count
        return try await world.pipeline.database.session("plant").transaction { transaction in
            // The planting connection sees tables by whole names only.
            try transaction.execute(
                "SELECT set_config('test.goals', $1, true), set_config('test.end', $2, true)",
                [.text(goals.joined(separator: "|")), .text("\(end)")]
            )
            let statements = drift.sql.split(separator: ";").map(String.init)
            for sql in statements.dropLast() { try transaction.script(sql) }
            var users = 0
            try transaction.query(statements.last ?? "") { _ in users += 1 }
            try transaction.script("DROP TABLE IF EXISTS pg_temp.pair, pg_temp.spelling")
            return users
        }
    }

    @Test(arguments: PlantedDrift.fields + PlantedDrift.rows)
    func `drift is found, named and repaired`(drift: PlantedDrift) async throws {
        let world = try await VerifyWorld(seed: 1, unfolded: drift.unfolded)
        let pipeline = world.pipeline
        let clean = try await pipeline.dump()
        let before = try await Self.verify(pipeline)
        #expect(before.isClean, "\(before.drift.kept.prefix(3))")
        #expect(before.rows > 200 && before.grants > 5 && before.outcomes > 50)
        #expect(try await Self.plant(drift, world) > 0, "nothing was planted")

        let found = try await Self.verify(pipeline)
        #expect(!found.isClean)
        for kind in drift.kinds { #expect(found.drift.rows[kind] ?? 0 > 0, "\(kind): \(found.drift.rows)") }
        if let field = drift.field {
            #expect(found.drift.kept.contains { $0.field == field }, "\(found.drift.kept.prefix(3))")
        }
        #expect(found.drift.kept.allSatisfy { $0.player != nil || $0.kind == .watermarkBeyondLog })
        if drift.unfolded > 0 { #expect((found.drift.notRepairableRows == 0) == drift.isRepairable) }

        let repaired = try await Self.verify(pipeline) { $0.repairs = true }
        #expect(repaired.drift.count == found.drift.count)
        let after = try await Self.verify(pipeline)
        if !drift.isRepairable {
            #expect(after.drift.kept.allSatisfy { $0.notRepairable != nil }, "\(after.drift.kept)")
            if drift.name != "the watermark is set back" {
                #expect(after.driftRows == 1)
                return
            }
        }
        #expect(after.isClean || !drift.isRepairable, "\(after.drift.kept.prefix(5))")
        // What the next fold makes of the repaired tables is what it would have made of sound ones.
        try await pipeline.fold()
        let end = try await Self.verify(pipeline)
        #expect(end.isClean, "\(end.drift.kept.prefix(5))")
        try await PipelineAgainstOracleTests.expectTables(pipeline, world.history)
        #expect(!clean.isEmpty)
    }

    @Test func `what the grant job notes about its work is no drift`() async throws {
        let world = try await VerifyWorld(seed: 1)
        let sql = """
            UPDATE goalpost.reward_grant SET attempts = 5, state = 'dead', next_attempt_at = now(), last_error = 'x'
            WHERE state = 'pending'
            """
        try await world.pipeline.database.session("plant").transaction { try $0.script(sql) }
        #expect(try await Self.verify(world.pipeline).isClean)
    }

    /// A leaf whose rows no constraint checks any more, as after a restore by hand.
    @Test func `rows in the wrong partition are found and removed`() async throws {
        let world = try await VerifyWorld(seed: 2)
        let clean = try await world.pipeline.dump()
        let session = world.pipeline.database.session("plant")
        for table in ["user_goal_progress", "player", "player_change", "request_outcome"] {
            let columns = table == "user_goal_progress" ? "goal_id" : "user_id"
            try await session.transaction { transaction in
                try transaction.script("ALTER TABLE goalpost.\(table) DETACH PARTITION goalpost.\(table)_p01")
                try transaction.script(
                    "INSERT INTO goalpost.\(table)_p01 SELECT * FROM goalpost.\(table)_p02 ORDER BY \(columns) LIMIT 9"
                )
            }
        }
        let found = try await Self.verify(world.pipeline) { $0.partitions = [1] }
        #expect(found.drift.rows == [.wrongPartition: 36], "\(found.drift.rows)")
        _ = try await Self.verify(world.pipeline) { $0.repairs = true }
        for table in ["user_goal_progress", "player", "player_change", "request_outcome"] {
            // The server itself checks now that no stranger is left.
            try await session.transaction { transaction in
                try transaction.script(
                    """
                    ALTER TABLE goalpost.\(table) ATTACH PARTITION goalpost.\(table)_p01
                    FOR VALUES WITH (MODULUS 4, REMAINDER 1)
                    """
                )
            }
        }
        #expect(try await Self.verify(world.pipeline).isClean)
        #expect(try await world.pipeline.dump() == clean)
    }

    @Test func `a watermark beyond the end and other rows at once are left to people`() async throws {
        let world = try await VerifyWorld(seed: 3)
        try await world.pipeline.database.session("plant").transaction { transaction in
            try transaction.script(
                "UPDATE goalpost.fold_watermark SET next_offset = 999999 WHERE partition = 0"
            )
            try transaction.script("UPDATE goalpost.user_goal_progress_p00 SET progress = \(Self.step)")
        }
        let planted = try await world.pipeline.dump()
        let found = try await Self.verify(world.pipeline) { $0.repairs = true }
        #expect(found.drift.rows[.watermarkBeyondLog] == 1 && found.repairedRows == 0)
        #expect(found.drift.kept.contains { $0.notRepairable?.contains("restore the log") ?? false })
        #expect(try await world.pipeline.dump() == planted)
    }

    // MARK: Scope

    @Test func `partition, player and sample look at nothing else`() async throws {
        let world = try await VerifyWorld(seed: 4)
        let oracle = world.history.oracle
        try await world.pipeline.database.session("plant").transaction { transaction in
            try transaction.script("UPDATE goalpost.user_goal_progress SET progress = \(Self.step)")
        }
        let everything = try await Self.verify(world.pipeline)
        #expect(everything.driftRows == UInt64(oracle.rows.count))
        var sum: UInt64 = 0
        for partition in 0..<4 {
            sum += try await Self.verify(world.pipeline) { $0.partitions = [partition] }.driftRows
        }
        #expect(sum == everything.driftRows)
        sum = 0
        for player in oracle.players.keys {
            let found = try await Self.verify(world.pipeline) { $0.player = Identifier(utf8: player) }
            #expect(found.drift.kept.allSatisfy { $0.player == String(decoding: player, as: UTF8.self) })
            sum += found.driftRows
        }
        #expect(sum == everything.driftRows)
        let sample = { (probability: Double, seed: UInt64) in
            try await Self.verify(world.pipeline) {
                $0.share = probability
                $0.seed = seed
            }
        }
        let (some, again, others) = (
            try await sample(0.5, 7), try await sample(0.5, 7), try await sample(0.5, 8)
        )
        #expect(some.drift.kept == again.drift.kept && some.drift.kept != others.drift.kept)
        #expect(some.players > 0 && some.players < everything.players)
        #expect(try await sample(1, 7).driftRows == everything.driftRows)
        await #expect(throws: JobError.self) {
            _ = try await Self.verify(world.pipeline) { $0.partitions = [4] }
        }

        // One player repaired, then all.
        let player = try #require(
            oracle.players.keys.first { user in oracle.rows.keys.contains { $0.userId == user } }
        )
        _ = try await Self.verify(world.pipeline) {
            $0.player = Identifier(utf8: player)
            $0.repairs = true
        }
        #expect(try await Self.verify(world.pipeline) { $0.player = Identifier(utf8: player) }.isClean)
        #expect(try await !Self.verify(world.pipeline).isClean)
        let repaired = try await Self.verify(world.pipeline) { $0.repairs = true }
        #expect(repaired.repairedRows == repaired.driftRows)
        try await PipelineAgainstOracleTests.expectTables(world.pipeline, world.history)
    }

    @Test func `little memory means more groups, and too little an error that says so`() async throws {
        let world = try await VerifyWorld(seed: 5)
        #expect(try await Self.verify(world.pipeline).passes == 1)
        // Versions of rows that nobody sees any more make the leaves look large.
        try await world.pipeline.database.session("plant").transaction { transaction in
            try transaction.script(
                """
                DO $$ BEGIN FOR i IN 1..300 LOOP
                    UPDATE goalpost.user_goal_progress SET progress = progress;
                END LOOP; END $$
                """
            )
        }
        let grouped = try await Self.verify(world.pipeline) { $0.memoryBytes = 3_000_000 }
        #expect(grouped.isClean && grouped.passes > 1)
        #expect(grouped.players == UInt64(world.history.oracle.players.count))
        let error = await #expect(throws: JobError.self) {
            _ = try await Self.verify(world.pipeline) { $0.memoryBytes = 2000 }
        }
        #expect(error?.message.contains("--memory-bytes") ?? false)
    }

    // MARK: Snapshots

    @Test func `from a snapshot verify finds what it finds from the log`() async throws {
        let history = try RandomHistory(seed: 11, lineCount: 3000)
        var random = SplitMix64(seed: 11)
        let world = try await PipelineWorld(partitions: 4)
        try world.append(history, 0..<1500, &random)
        _ = try await SnapshotJob(
            settings: world.settings,
            access: world.access,
            version: "test",
            log: world.log
        ).run()
        try world.append(history, 1500..<history.lines.count, &random)
        try await world.fold()
        #expect(try await Self.verify(world).isClean)
        try await world.database.session("plant").transaction { transaction in
            try transaction.script("UPDATE goalpost.user_goal_progress SET progress = \(Self.step)")
            try transaction.script("DELETE FROM goalpost.request_outcome")
            try transaction.script("UPDATE goalpost.reward_grant SET quantity = 0")
            try transaction.script("DELETE FROM goalpost.player_p03")
        }
        let (short, whole) = (
            try await Self.verify(world), try await Self.verify(world) { $0.fromLog = true }
        )
        #expect(short.fromOffset == 1500 && whole.fromOffset == 0)
        #expect(short.drift.rows == whole.drift.rows && short.drift.kept == whole.drift.kept)
        for player in history.oracle.players.keys.prefix(10) {
            let one = { (fromLog: Bool) in
                try await Self.verify(world) {
                    $0.player = Identifier(utf8: player)
                    $0.fromLog = fromLog
                }
            }
            let (short, whole) = (try await one(false), try await one(true))
            #expect(short.drift.kept == whole.drift.kept && !short.isClean)
        }
    }

    @Test func `where the log's beginning is gone a snapshot stands for it, or an error says so`()
        async throws
    {
        let history = try RandomHistory(seed: 12, lineCount: 9000)
        var random = SplitMix64(seed: 12)
        let world = try await PipelineWorld(partitions: 1, segmentBytes: 65_536)
        try world.append(history, 0..<5000, &random)
        let snapshot = SnapshotJob(
            settings: world.settings,
            access: world.access,
            version: "test",
            log: world.log
        )
        _ = try await snapshot.run()
        try world.append(history, 5000..<history.lines.count, &random)
        try await world.fold()
        let names = try world.access.directory.segmentNames()
        #expect(names.count > 3)
        for (name, next) in zip(names, names.dropFirst()) where next.baseOffset <= 5000 {
            try world.access.volume.remove(world.access.directory.path + "/" + name.fileName)
        }
        #expect(try world.access.directory.firstOffset() > 0)
        #expect(try await Self.verify(world).fromOffset == 5000)
        let player = String(
            decoding: try #require(history.oracle.rows.keys.map(\.userId).first),
            as: UTF8.self
        )
        let job = try ExplainJob(
            settings: world.settings,
            access: world.access,
            database: world.database,
            log: world.log
        )
        let told = try await job.run(player: player) { #expect($0.offset >= 5000) }
        #expect(told.fromOffset == 5000 && told.retained != nil && told.tables?.drift.isEmpty ?? false)
        for store in try world.access.volume.list(world.access.workspace.snapshots)
        where store.hasSuffix("zst") {
            try world.access.volume.remove(world.access.workspace.snapshots + "/" + store)
        }
        let error = await #expect(throws: JobError.self) { _ = try await Self.verify(world) }
        #expect(error?.status == .noInput && error?.message.contains("snapshot") ?? false)
        let unexplained = await #expect(throws: JobError.self) {
            _ = try await job.run(player: player) { _ in }
        }
        #expect(unexplained?.status == .noInput)
    }

    // MARK: While others work

    @Test func `verify beside folds reports no drift, and its repairs write nothing`() async throws {
        let history = try RandomHistory(seed: 6, lineCount: 6000)
        let world = try await PipelineWorld(partitions: 4, batchRecords: 150)
        var random = SplitMix64(seed: 6)
        try world.append(history, 0..<200, &random)
        try await world.fold()
        let folds = Task {
            var random = SplitMix64(seed: 66)
            var start = 200
            while start < history.lines.count {
                let end = min(history.lines.count, start + 400)
                try world.append(history, start..<end, &random)
                try await world.fold()
                start = end
            }
        }
        var runs = 0
        var offsets: Set<UInt64> = []
        repeat {
            let found = try await Self.verify(world) { $0.repairs = runs % 2 == 1 }
            #expect(found.isClean, "\(found.drift.kept.prefix(5))")
            offsets.insert(found.nextOffset)
            runs += 1
        } while offsets.max() ?? 0 < UInt64(history.lines.count)
        try await folds.value
        #expect(offsets.count > 2, "the folds were over before verify began")
        try await PipelineAgainstOracleTests.expectTables(world, history)
    }

    // MARK: Payloads

    @Test func `a repair reaches clients with the next publish`() async throws {
        let world = try await VerifyWorld(seed: 7)
        let pipeline = world.pipeline
        let day = world.history.publishDays[0]
        try await pipeline.database.session("plant").transaction { transaction in
            try transaction.script("UPDATE goalpost.user_goal_progress SET progress = \(Self.step)")
            try transaction.script("INSERT INTO goalpost.player VALUES ('nobody', now(), now())")
        }
        try await pipeline.publish(day: day)
        #expect(try pipeline.answer("nobody", .initialize).isKnown)
        #expect(try await !Self.verify(pipeline) { $0.repairs = true }.isClean)
        try await pipeline.publish(day: day)
        #expect(try !pipeline.answer("nobody", .initialize).isKnown)
        try PipelineAgainstOracleTests.expectAnswers(pipeline, world.history, day)
        let after = try await Self.verify(pipeline) { $0.payloads = true }
        #expect(after.isClean && after.payloads == UInt64(world.history.oracle.players.count))
    }

    @Test func `published answers that are not the tables' are found and published again`() async throws {
        let world = try await VerifyWorld(seed: 8)
        let pipeline = world.pipeline
        let day = world.history.publishDays[0]
        let verify = { (repairs: Bool) in
            try await Self.verify(pipeline) {
                $0.payloads = true
                $0.repairs = repairs
            }
        }
        #expect(try await verify(false).payloadsSkipped != nil)
        try await pipeline.publish(day: day)
        #expect(try await verify(false).isClean)
        // Answers published from rows that somebody changed for the time of a publish of everybody.
        try await pipeline.database.session("plant").transaction { transaction in
            try transaction.script("UPDATE goalpost.user_goal_progress SET is_active = NOT is_active")
            try transaction.script("INSERT INTO goalpost.player VALUES ('nobody', now(), now())")
            try transaction.script(
                "CREATE TABLE public.kept AS SELECT * FROM goalpost.player ORDER BY user_id LIMIT 1"
            )
            try transaction.script(
                "DELETE FROM goalpost.player p USING public.kept k WHERE k.user_id = p.user_id"
            )
        }
        try LocalStore.remove(pipeline.access.workspace.payloads)
        try await pipeline.publish(day: day, all: true)
        try await pipeline.database.session("plant").transaction { transaction in
            try transaction.script("UPDATE goalpost.user_goal_progress SET is_active = NOT is_active")
            try transaction.script("DELETE FROM goalpost.player WHERE user_id = 'nobody'")
            try transaction.script("INSERT INTO goalpost.player SELECT * FROM public.kept")
        }
        let found = try await verify(true)
        #expect(found.drift.rows[.payloadDiffers] ?? 0 > 0, "\(found.drift.rows)")
        #expect(found.drift.rows[.payloadMissing] == 1, "\(found.drift.rows)")
        #expect(found.drift.rows[.payloadExtra] == 1, "\(found.drift.rows)")
        try await pipeline.publish(day: day)
        #expect(try await verify(false).isClean)
        try PipelineAgainstOracleTests.expectAnswers(pipeline, world.history, day)
        // Another day: answers rendered for an earlier one hold as long as nothing daily ends.
        try await pipeline.publish(day: day + 1)
        #expect(try await verify(false).isClean)
    }
}

/// The payload store as files.
private enum LocalStore {
    static func remove(_ directory: String) throws { try FileManager.default.removeItem(atPath: directory) }
}
