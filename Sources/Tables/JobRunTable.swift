package import Goals
package import Postgres

/// One run of a job as `job_run` keeps it.
package struct JobRun: Sendable {
    /// Its name, such as `fold` or `publish`.
    package var job: String
    package var startedAt: Timestamp
    package var endedAt: Timestamp
    /// The run's exit code; 0 when it did its work.
    package var exitCode: Int32
    /// The message of a run that failed.
    package var error: String?
    /// First offsets not folded before and after, in the partition furthest behind; nil where a job has none.
    package var fromOffset: UInt64?
    package var nextOffset: UInt64?
    /// What it did, as one JSON object.
    package var counts: String?
    package var host: String
    /// Of the program.
    package var version: String

    package init(
        job: String,
        startedAt: Timestamp,
        endedAt: Timestamp,
        exitCode: Int32,
        error: String? = nil,
        fromOffset: UInt64? = nil,
        nextOffset: UInt64? = nil,
        counts: String? = nil,
        host: String,
        version: String
    ) {
        self.job = job
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitCode = exitCode
        self.error = error
        self.fromOffset = fromOffset
        self.nextOffset = nextOffset
        self.counts = counts
        self.host = host
        self.version = version
    }
}

/// The history of runs, bounded by their number.
package struct JobRunTable: Sendable {
    /// Newest runs that are kept.
    package static let runsMax = 10_000
    /// Characters of an error message that are kept.
    private static let errorCharactersMax = 4096

    private let session: Session

    package init(session: Session) { self.session = session }

    /// Adds a run and forgets those beyond the newest `runsMax`.
    package func add(_ run: JobRun) async throws {
        try await TablesError.wrapping {
            try await session.transaction { transaction in
                try transaction.execute(
                    """
                    INSERT INTO goalpost.job_run (job, started_at, ended_at, exit_code, error, from_offset,
                        next_offset, counts, host, version)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10)
                    """,
                    [
                        .text(run.job), .timestamptz(run.startedAt.microseconds),
                        .timestamptz(run.endedAt.microseconds), .int4(run.exitCode),
                        Self.text(run.error.map { String($0.prefix(Self.errorCharactersMax)) }),
                        Self.number(run.fromOffset), Self.number(run.nextOffset), Self.text(run.counts),
                        .text(run.host), .text(run.version),
                    ]
                )
                try transaction.execute(
                    "DELETE FROM goalpost.job_run WHERE id <= (SELECT max(id) FROM goalpost.job_run) - $1",
                    [.int8(Int64(Self.runsMax))]
                )
            }
        }
    }

    private static func text(_ text: String?) -> Parameter {
        guard let text else { return .null }
        // PostgreSQL's text cannot hold U+0000.
        return .text(text.utf8.map { $0 == 0 ? UInt8(ascii: "?") : $0 })
    }

    private static func number(_ number: UInt64?) -> Parameter {
        number.map { .int8(Int64(clamping: $0)) } ?? .null
    }
}
