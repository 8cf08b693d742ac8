package import Foundation

/// What `status.json` in the data directory says: how the whole Goalpost stands, as of `generatedAt`.
///
/// Every run of a job leaves one, whole or not at all, also a run that failed. A part that could not be read is
/// absent, and `problems` says why. Times are RFC 3339 in UTC, to the millisecond.
package struct SystemStatus: Codable, Sendable, Equatable {
    /// The file's name in the data directory.
    package static let fileName = "status.json"
    /// The form of this file; a reader leaves a higher one alone.
    package static let versionKnown = 1
    /// A larger file is none of ours.
    package static let bytesMax = 16 << 20

    package var version = SystemStatus.versionKnown
    package var generatedAt: Date
    /// Version of the program that wrote it.
    package var program: String
    package var host: String
    package var log: LogStatus?
    package var database: DatabaseStatus
    package var fold: FoldStatus?
    /// Absent before the first publish.
    package var publish: PublishStatus?
    package var jobs: [JobStatus]
    package var disk: DiskStatus?
    /// What could not be read, and why: one line each.
    package var problems: [String]

    package init(
        generatedAt: Date,
        program: String,
        host: String,
        database: DatabaseStatus = DatabaseStatus(isUp: false),
        jobs: [JobStatus] = []
    ) {
        self.generatedAt = generatedAt
        self.program = program
        self.host = host
        self.database = database
        self.jobs = jobs
        problems = []
    }

    /// Reads the file's bytes; throws on what is no status of a version known here.
    package init(json: [UInt8]) throws { self = try StatusJSON.decode(SystemStatus.self, from: json) }

    package func json() throws -> [UInt8] { try StatusJSON.encode(self) }
}

/// The log on disk.
package struct LogStatus: Codable, Sendable, Equatable {
    /// Where the next record goes: the number of records ever committed.
    package var end: UInt64
    /// First offset still there.
    package var first: UInt64
    package var segments: Int
    package var bytes: UInt64
    /// When the newest segment was last written to; absent in an empty log.
    package var lastCommitAt: Date?
    package var quarantineBytes: UInt64

    package init(
        end: UInt64,
        first: UInt64,
        segments: Int,
        bytes: UInt64,
        lastCommitAt: Date?,
        quarantineBytes: UInt64
    ) {
        self.end = end
        self.first = first
        self.segments = segments
        self.bytes = bytes
        self.lastCommitAt = lastCommitAt
        self.quarantineBytes = quarantineBytes
    }
}

/// Whether PostgreSQL answered when the status was made.
package struct DatabaseStatus: Codable, Sendable, Equatable {
    package var isUp: Bool
    /// Why not, where it did not.
    package var error: String?

    package init(isUp: Bool, error: String? = nil) {
        self.isUp = isUp
        self.error = error
    }
}

/// How far the fold is, as the tables said at `asOf`.
package struct FoldStatus: Codable, Sendable, Equatable {
    package struct Partition: Codable, Sendable, Equatable {
        package var partition: Int
        /// First offset it has not folded.
        package var watermark: UInt64
        package var lagRecords: UInt64
        package var sequence: UInt64
        /// Its last fold; absent before the first.
        package var foldedAt: Date?
        /// Rows of its progress, as PostgreSQL estimates them; absent where it never counted them.
        package var rows: UInt64?
        /// Bytes of its progress on disk, indexes included.
        package var bytes: UInt64?

        package init(
            partition: Int,
            watermark: UInt64,
            lagRecords: UInt64,
            sequence: UInt64,
            foldedAt: Date?,
            rows: UInt64? = nil,
            bytes: UInt64? = nil
        ) {
            self.partition = partition
            self.watermark = watermark
            self.lagRecords = lagRecords
            self.sequence = sequence
            self.foldedAt = foldedAt
            self.rows = rows
            self.bytes = bytes
        }
    }

    /// When the watermarks were read: earlier than the status where PostgreSQL was away since.
    package var asOf: Date
    /// Records that the partition furthest behind has not folded, against the log's end in this status.
    package var lagRecords: UInt64
    /// Age of the oldest record not folded, by its event time, when the status was made; 0 when all is folded.
    package var lagSeconds: Double
    package var partitions: [Partition]

    package init(asOf: Date, lagRecords: UInt64, lagSeconds: Double, partitions: [Partition]) {
        self.asOf = asOf
        self.lagRecords = lagRecords
        self.lagSeconds = lagSeconds
        self.partitions = partitions
    }
}

/// What the payload store shows.
package struct PublishStatus: Codable, Sendable, Equatable {
    /// UTC day that the answers are for, such as `2026-02-03`.
    package var day: String
    /// Least offset that all answers include.
    package var offset: UInt64
    package var publishedAt: Date
    package var players: Int
    /// Bytes the store takes on disk.
    package var payloadBytes: UInt64
    /// Bytes of the answer for a player without events, by kind.
    package var templateBytes: [String: UInt64]
    /// Whether a publish of everybody is under way or was interrupted.
    package var isFullPublishPending: Bool

    package init(
        day: String,
        offset: UInt64,
        publishedAt: Date,
        players: Int,
        payloadBytes: UInt64,
        templateBytes: [String: UInt64],
        isFullPublishPending: Bool
    ) {
        self.day = day
        self.offset = offset
        self.publishedAt = publishedAt
        self.players = players
        self.payloadBytes = payloadBytes
        self.templateBytes = templateBytes
        self.isFullPublishPending = isFullPublishPending
    }
}

/// The file system that the data directory lies on.
package struct DiskStatus: Codable, Sendable, Equatable {
    /// Bytes that a user without privileges can still write.
    package var freeBytes: UInt64
    package var totalBytes: UInt64

    package init(freeBytes: UInt64, totalBytes: UInt64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }
}
