import Disk
import EventLog
import Foundation
import Goals
import Jobs
import PayloadStore
import Payloads
import Postgres
import SampleData
import Settings
import TestKit
import Testing

/// The real program, killed with SIGKILL while it ingests, folds and publishes, and simply run again.
@Suite(.serialized) struct KilledProgramTests {
    static let lines = 5_000_000
    /// Far enough from the end that a busy machine still kills it at work.
    static let killAt: UInt64 = 2_000_000

    @Test func `nothing acknowledged is lost and nothing counts twice`() async throws {
        let directory = try TemporaryDirectory()
        let world = try SampleWorld(seed: 7, players: 20_000)
        let input = directory.path + "/events.ndjson"
        try Self.write(world, to: input)
        let challenges = directory.path + "/challenges.json"
        try LocalVolume().atomicWrite(world.challengesJSON(), to: challenges)
        let killed = GoalpostProgram(
            data: directory.path + "/killed",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_FOLD_BATCH_RECORDS": "100000", "GOALPOST_PUBLISH_BATCH_PLAYERS": "200"]
        )
        try killed.succeed("init", "--challenges", challenges)

        let log = LogDirectory(volume: LocalVolume(), path: killed.data + "/log/events")
        let wasKilled = try killed.kill(["ingest", input]) { try log.end() >= Self.killAt }
        let end = try log.end()
        #expect(wasKilled && end >= Self.killAt && end < UInt64(Self.lines))
        try killed.succeed("ingest", input)
        #expect(try log.end() == UInt64(Self.lines))
        try Self.expectRecords(log, equal: input)
        // Once more changes nothing: the whole input is committed.
        try killed.succeed("ingest", input)
        #expect(try log.end() == UInt64(Self.lines))

        var random = SplitMix64(seed: 7)
        for _ in 0..<10 {
            // Long before its end, so that each of the ten is a kill at work.
            #expect(try Self.killAfter(Int(50 + random.next() % 1000), killed, ["run", "fold"]))
        }
        try killed.succeed("run", "fold")

        let whole = GoalpostProgram(
            data: directory.path + "/whole",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        try FileManager.default.createDirectory(atPath: whole.data, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: whole.data + "/log",
            withDestinationPath: killed.data + "/log"
        )
        try whole.succeed("run", "fold")
        #expect(try await Self.sums(killed) == Self.sums(whole))

        let day = "2026-02-01T12:00:00Z"
        for _ in 0..<10 {
            let arguments = ["run", "publish", "--all", "--as-of", day]
            #expect(try Self.killAfter(Int(20 + random.next() % 400), killed, arguments))
        }
        try killed.succeed("run", "publish", "--as-of", day)
        try whole.succeed("run", "publish", "--as-of", day)
        try await Self.expectSameAnswers(killed, whole, world, &random)
    }

    /// A tenth of the lines come without an id.
    private static func write(_ world: SampleWorld, to path: String) throws {
        let start = try #require(RFC3339.parse("2026-01-05T00:00:00Z"))
        var stream = try world.events(startingAt: start, idlessEvery: 10)
        let file = try LocalVolume().open(path, .createNew)
        var chunk: [UInt8] = []
        var offset: UInt64 = 0
        for line in 1...lines {
            stream.next(into: &chunk)
            guard chunk.count >= 1 << 20 || line == lines else { continue }
            try file.write(chunk, at: offset)
            offset += UInt64(chunk.count)
            chunk.removeAll(keepingCapacity: true)
        }
    }

    /// Each record is its line, in order, with an id put in front where it had none.
    private static func expectRecords(_ log: LogDirectory, equal path: String) throws {
        let input = [UInt8](try Data(contentsOf: URL(filePath: path), options: .alwaysMapped))
        let reader = try LogReader(volume: log.volume, directory: log.path, from: 0)
        var at = 0
        var wrong = 0
        while try reader.nextFrame() {
            let records = reader.paddedBytes
            var start = reader.byteRange.lowerBound
            while start < reader.byteRange.upperBound {
                let recordEnd = LineEnd.next(in: records.span, from: start) ?? reader.byteRange.upperBound
                let lineEnd = LineEnd.next(in: input.span, from: at) ?? input.count
                let (record, line) = (records[start..<recordEnd], input[at..<lineEnd])
                // All of the line behind its brace is the record's end, so that only an id can be in between.
                let isSame =
                    record.count == line.count
                    ? record == line
                    : record.suffix(line.count - 1) == line.dropFirst()
                        && record.starts(with: #"{"id":""#.utf8)
                if !isSame { wrong += 1 }
                start = recordEnd + 1
                at = lineEnd + 1
            }
        }
        #expect(wrong == 0 && at == input.count)
    }

    private static func killAfter(
        _ milliseconds: Int,
        _ program: GoalpostProgram,
        _ arguments: [String]
    ) throws -> Bool {
        let started = ContinuousClock.now
        return try program.kill(arguments) {
            started.duration(to: .now) > .milliseconds(milliseconds)
        }
    }

    /// Rows and a sum over their hashes, for each table: equal where the rows are, in any order.
    static func sums(_ program: GoalpostProgram) async throws -> [String] {
        let session = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session("sums")
        return try await session.readOnlySnapshot { transaction in
            var sums: [String] = []
            for table in ["user_goal_progress", "player", "request_outcome", "reward_grant"] {
                let sql = """
                    SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
                    FROM goalpost.\(table) t
                    """
                try transaction.query(sql) { row in sums.append(table + " " + (try row.text(0))) }
            }
            return sums
        }
    }

    private static func expectSameAnswers(
        _ one: GoalpostProgram,
        _ other: GoalpostProgram,
        _ world: SampleWorld,
        _ random: inout SplitMix64
    ) async throws {
        func job(_ program: GoalpostProgram) async throws -> PayloadJob {
            PayloadJob(access: LogAccess(try await .load(data: program.data, environment: [:])))
        }
        let (first, second) = (try await job(one), try await job(other))
        let readers = try [one, other].map { program in
            try PublishedStore(directory: program.data + "/payloads").makeReader()
        }
        var outcomeCount = 0
        for _ in 0..<200 {
            let player = world.userId(Int(random.next() % 20_000))
            for kind in AnswerKind.allCases {
                let (left, right) = (
                    try first.run(player: player, kind: kind), try second.run(player: player, kind: kind)
                )
                #expect(left.bytes == right.bytes && left.isKnown == right.isKnown, "\(player) \(kind)")
                #expect(left.offset == UInt64(lines) && right.offset == UInt64(lines))
            }
            let (mine, others) = (
                try outcomes(readers[0], player), try outcomes(readers[1], player)
            )
            #expect(mine == others, "\(player)")
            outcomeCount += mine.count
        }
        #expect(outcomeCount > 200)
    }

    private static func outcomes(_ reader: PayloadReader, _ player: String) throws -> [PublishedOutcome] {
        try reader.read { view throws(PayloadStoreError) in try view.outcomes(of: Array(player.utf8)) }
    }
}
