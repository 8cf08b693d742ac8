import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Postgres
import Settings
import Synchronization
import TestKit

/// A log in which players claim rewards, a database that it is folded into, and a clock that tests move.
final class GrantWorld: Sendable {
    static let challenges = """
        {"challenges":[{"challengeId":"c","name":"C","description":"","goals":[
        {"goalId":"g","name":"G","description":"","type":"absolute","eventSource":"login","defaultAssigned":true,
         "requirement":{"statCode":"login","operator":">=","targetValue":1},
         "reward":{"type":"WALLET","rewardId":"gems","quantity":7},"prerequisites":[]}]}]}
        """
    static let claimedAt = "2026-01-05T10:00:01.000000Z"

    private let directory: TemporaryDirectory
    let settings: Settings
    let access: LogAccess
    let database: Database
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// What the clock says, in milliseconds since 1970.
    let clock = Mutex<Int64>(1_767_700_000_000)

    init(webhook: String?, _ options: [SettingName: String] = [:], sharing other: GrantWorld? = nil)
        async throws
    {
        directory = try other?.directory ?? TemporaryDirectory()
        let url = try await ThrowawayPostgres.freshDatabase()
        var all = options.mapValues { (option: "test", text: $0) }
        all[.namespace] = ("test", "demo")
        all[.databaseURL] = ("test", url)
        all[.partitions] = ("test", "3")
        if let webhook { all[.grantURL] = ("test", webhook) }
        settings = try await Settings.load(data: directory.path, options: all, environment: [:])
        access = LogAccess(settings)
        database = Database(conninfo: url)
        try LogDirectory.create(
            volume: access.volume,
            path: access.directory.path,
            makeUUID: { UUID().uuidString }
        )
    }

    func now() -> Timestamp { Timestamp(microseconds: clock.withLock { $0 } * 1000) }
    func later(milliseconds: Int64) { clock.withLock { $0 += milliseconds } }

    /// Has each player log in and claim his reward, with the claim's id `claim-PLAYER`.
    func claim(_ players: [String]) async throws {
        var bytes: [UInt8] = []
        for player in players {
            bytes +=
                """
                {"id":"in-\(player)","name":"userLoggedIn","namespace":"demo",\
                "timestamp":"2026-01-05T10:00:00Z","userId":"\(player)"}
                {"id":"claim-\(player)","name":"rewardClaimRequested","namespace":"demo",\
                "timestamp":"2026-01-05T10:00:01Z","userId":"\(player)",\
                "payload":{"challengeId":"c","goalId":"g"}}

                """.utf8
        }
        let writer = try access.openWriter(settings, now: WallClock.now)
        defer { writer.close() }
        if writer.nextOffset == 0 { _ = try writer.applyConfiguration(Array(Self.challenges.utf8)) }
        _ = try writer.append(
            FrameContent(bytes: bytes, recordCount: UInt32(2 * players.count), leastTime: 0, greatestTime: 1)
        )
    }

    func fold() async throws {
        _ = try await FoldJob(settings: settings, access: access, database: database, log: log).run()
    }

    @discardableResult
    func grant(confirm: Bool = false, deliveries: (any DeliveryLog)? = nil) async throws -> GrantSummary {
        try await GrantJob(
            settings: settings,
            access: access,
            log: log,
            deliveries: deliveries,
            now: { [self] in now() }
        ).run(confirmRebuilt: confirm, database: { [database] in database })
    }

    /// The log's own way of recording deliveries.
    func writerLog() -> WriterDeliveryLog {
        WriterDeliveryLog { [access, settings] in try access.openWriter(settings, now: WallClock.now) }
    }

    /// Rewards by state, and those that the log says were delivered.
    func states() async throws -> [String: Int64] {
        try await GrantsJob(settings: settings, log: log).list(state: nil, player: nil, limit: 1000).counts
    }
    func grants() async throws -> [GrantsJob.Grant] {
        try await GrantsJob(settings: settings, log: log).list(state: nil, player: nil, limit: 1000).grants
    }

    /// The records of the log that say a reward was delivered.
    func delivered() throws -> [String] {
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: 0)
        var lines: [String] = []
        while try reader.nextFrame() {
            let text = String(decoding: reader.paddedBytes[reader.byteRange], as: UTF8.self)
            lines += text.split(separator: "\n").map(String.init).filter { $0.contains("rewardDelivered") }
        }
        return lines
    }

    func execute(_ sql: String) async throws { try await database.session("test").statement(sql) }
}

/// A record of deliveries that ends like a killed process: before it writes, or after.
final class BrokenDeliveryLog: DeliveryLog {
    struct Killed: Error {}

    private let inner: WriterDeliveryLog
    private let writesFirst: Bool

    init(_ inner: WriterDeliveryLog, writesFirst: Bool) {
        (self.inner, self.writesFirst) = (inner, writesFirst)
    }

    func open() async throws { try await inner.open() }
    func append(_ rewards: [DeliveredReward]) async throws {
        if writesFirst { try await inner.append(rewards) }
        throw Killed()
    }
    func close() async { await inner.close() }
}
