import EventLog
package import Goals
import PayloadStore
import Postgres
package import Settings
import Tables

/// `goalpost status`: how far the log, the fold and the publish are, and how far apart.
package struct StatusJob: Sendable {
    package struct Partition: Sendable, Encodable {
        package let partition: Int
        /// First offset it has not folded.
        package let watermark: UInt64
        package let lagRecords: UInt64
        package let sequence: UInt64
        /// Seconds since its last fold; nil before the first.
        package let foldAgeSeconds: Double?
        package let publishedSequence: Int64?
        package let publishedOffset: UInt64?
    }

    package struct Report: Sendable, Encodable {
        /// Where the next record goes: the number of records ever committed.
        package let logEnd: UInt64
        package let logFirst: UInt64
        package let segments: Int
        package let logBytes: UInt64
        /// False where the embedded PostgreSQL is stopped: then nothing is known of the fold.
        package let isDatabaseRunning: Bool
        /// Records that the partition furthest behind has not folded; nil where the database is stopped.
        package let lagRecords: UInt64?
        /// Age of the oldest record not folded, by its event time, 0 when all is folded; nil as above.
        package let lagSeconds: Double?
        /// UTC day of the published answers; nil before the first publish.
        package let publishedDay: String?
        /// Least offset that all published answers include; nil before the first publish.
        package let publishedOffset: UInt64?
        package let publishedAgeSeconds: Double?
        package let publishedPlayers: Int?
        /// Whether a publish of everybody is under way or was interrupted.
        package let isFullPublishPending: Bool
        package let partitions: [Partition]
    }

    private let settings: Settings
    private let access: LogAccess
    private let database: Database?
    private let now: @Sendable () -> Timestamp

    package init(
        settings: Settings,
        access: LogAccess,
        database: Database?,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.database = database
        self.now = now
    }

    package func run() async throws -> Report {
        let marks = if let database { try await Self.watermarks(database) } else { [PartitionWatermark]() }
        let segments = try access.directory.segments()
        let end = try access.directory.end()
        let shown = try Self.published(access.workspace.payloads)
        let published = shown?.state
        let players = try shown?.store.playerCount()
        let least = database == nil ? end : marks.map(\.nextOffset).min() ?? 0
        let time = now()
        let ages = { (milliseconds: Int64) in Double(time.milliseconds - milliseconds) / 1000 }
        return Report(
            logEnd: end,
            logFirst: try access.directory.firstOffset(),
            segments: segments.count,
            logBytes: segments.reduce(0) { $0 + $1.fileBytes },
            isDatabaseRunning: database != nil,
            lagRecords: database == nil ? nil : end - min(least, end),
            lagSeconds: database == nil
                ? nil : try Self.oldestUnfolded(access, least, end).map { max(0, ages($0)) } ?? 0,
            publishedDay: published.map { UTCDay(number: $0.day).text },
            publishedOffset: published?.leastOffset,
            publishedAgeSeconds: published.map { ages($0.publishedAt) },
            publishedPlayers: players,
            isFullPublishPending: published?.fullRun != nil,
            partitions: marks.map { mark in
                let shown = published?.mark(of: UInt16(mark.partition))
                return Partition(
                    partition: mark.partition,
                    watermark: mark.nextOffset,
                    lagRecords: end - min(mark.nextOffset, end),
                    sequence: mark.sequence,
                    foldAgeSeconds: mark.foldedAt.map { ages($0.milliseconds) },
                    publishedSequence: shown?.sequence,
                    publishedOffset: shown?.offset
                )
            }
        )
    }

    /// The watermarks; none before the first fold has made the tables.
    static func watermarks(_ database: Database) async throws -> [PartitionWatermark] {
        let session = database.session("status")
        do {
            try await Schema.check(session)
        } catch TablesError.notInstalled {
            return []
        }
        return try await PublishTables(session: session).partitionStates(stream: Workspace.stream)
    }

    /// What the payload store shows; nil before the first publish.
    static func published(_ directory: String) throws -> (state: PublishedState, store: PublishedStore)? {
        do throws(PayloadStoreError) {
            let store = try PublishedStore(directory: directory)
            return (try store.makeReader().state(), store)
        } catch {
            guard case .notPublished = error else { throw error }
            return nil
        }
    }

    /// Least event time in the first frame that is not folded; nil when all is.
    static func oldestUnfolded(_ access: LogAccess, _ least: UInt64, _ end: UInt64) throws -> Int64? {
        guard least < end else { return nil }
        let first = try access.directory.firstOffset()
        let reader = try LogReader(
            volume: access.volume,
            directory: access.directory.path,
            from: max(least, first)
        )
        return try reader.nextFooter()?.leastTime
    }
}
