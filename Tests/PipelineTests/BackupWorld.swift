import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Payloads
import Postgres
import SampleData
import Settings
import TestKit
import Testing

/// A Goalpost over an external database, with events in many small files, to be backed up and restored.
struct BackupWorld {
    static let players = 2000
    static let linesPerPart = 3000

    let directory: TemporaryDirectory
    let world: SampleWorld
    let program: GoalpostProgram
    /// The files with the events, in order.
    let parts: [String]

    var log: LogDirectory { LogDirectory(volume: LocalVolume(), path: program.data + "/log/events") }
    var backup: String { directory.path + "/backup" }

    init(parts count: Int, segmentBytesMax: Int = 262_144) async throws {
        directory = try TemporaryDirectory()
        world = try SampleWorld(seed: 11, players: Self.players)
        let challenges = directory.path + "/challenges.json"
        try LocalVolume().atomicWrite(world.challengesJSON(), to: challenges)
        var stream = try world.events(
            startingAt: try #require(RFC3339.parse("2026-01-05T00:00:00Z")),
            idlessEvery: 10
        )
        var parts: [String] = []
        for number in 0..<count {
            let path = directory.path + "/part-\(1000 + number).ndjson"
            var bytes: [UInt8] = []
            for _ in 0..<Self.linesPerPart { stream.next(into: &bytes) }
            try LocalVolume().atomicWrite(bytes, to: path)
            parts.append(path)
        }
        self.parts = parts
        program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: [
                "GOALPOST_SEGMENT_BYTES_MAX": "\(segmentBytesMax)", "GOALPOST_FOLD_BATCH_RECORDS": "5000",
                "GOALPOST_LOG_LEVEL": "warning",
            ]
        )
        try program.succeed("init", "--challenges", challenges)
    }

    /// A program over another data directory and a database of its own.
    func other(_ name: String) async throws -> GoalpostProgram {
        GoalpostProgram(
            data: directory.path + "/" + name,
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_LOG_LEVEL": "warning"]
        )
    }

    func ingest(_ parts: some Sequence<String>, into program: GoalpostProgram? = nil) throws {
        for part in parts { try (program ?? self.program).succeed("ingest", part) }
    }

    /// What a program says of its database.
    struct Meta: Equatable {
        let databaseID: String
        let restoredFrom: String?
        let isRestored: Bool
        let areGrantsHeld: Bool
        let version: Int32
    }

    static func meta(_ program: GoalpostProgram) async throws -> Meta {
        let session = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session("meta")
        return try await session.readOnlySnapshot { transaction in
            var meta: Meta?
            let sql = """
                SELECT database_uuid, restored_from, restored_at IS NOT NULL, grants_held, schema_version
                FROM goalpost.meta
                """
            try transaction.query(sql) { row in
                meta = Meta(
                    databaseID: try row.uuid(0),
                    restoredFrom: row.isNull(1) ? nil : try row.uuid(1),
                    isRestored: try row.bool(2),
                    areGrantsHeld: try row.bool(3),
                    version: try row.int4(4)
                )
            }
            return try #require(meta)
        }
    }

    static func script(_ program: GoalpostProgram, _ sql: String) async throws {
        let session = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session("script")
        try await session.transaction { try $0.script(sql) }
    }

    /// The rows that a fold of the log from its first record on gives, in a database of its own.
    func foldedAnew(_ program: GoalpostProgram, as name: String) async throws -> (GoalpostProgram, [String]) {
        let fresh = try await other(name)
        try FileManager.default.createDirectory(atPath: fresh.data, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: fresh.data + "/log",
            withDestinationPath: program.data + "/log"
        )
        try fresh.succeed("run", "fold")
        return (fresh, try await KilledProgramTests.sums(fresh))
    }

    /// Compares what two programs answer, for some players.
    func expectSameAnswers(_ one: GoalpostProgram, _ other: GoalpostProgram) async throws {
        func job(_ program: GoalpostProgram) async throws -> PayloadJob {
            PayloadJob(access: LogAccess(try await .load(data: program.data, environment: [:])))
        }
        let (first, second) = (try await job(one), try await job(other))
        for number in stride(from: 0, to: Self.players, by: 10) {
            let player = world.userId(number)
            for kind in AnswerKind.allCases {
                let (left, right) = (
                    try first.run(player: player, kind: kind), try second.run(player: player, kind: kind)
                )
                #expect(left.bytes == right.bytes && left.isKnown == right.isKnown, "\(player) \(kind)")
                #expect(left.offset == right.offset)
            }
        }
    }
}
