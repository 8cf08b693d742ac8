package import Goals
package import Postgres

/// One run of a job as `job_run` keeps it.
package struct JobRun: Sendable {
    /// A UUID of its own, kept among its counts; nil in rows of programs that gave none.
    package var run: String?
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
        run: String?,
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
        self.run = run
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
    /// The member of a run's counts that holds its UUID.
    package static let runKey = "run"
    /// Held while runs are added.
    private static let advisoryLockKey: Int64 = 0x676F_616C_7275_6E73
    /// Characters of an error message that are kept.
    private static let errorCharactersMax = 4096

    private let session: Session

    package init(session: Session) { self.session = session }

    /// Adds runs that are not there yet, and forgets those beyond the newest `runsMax`.
    ///
    /// A run whose UUID the table has is left as it is, also when two processes add it at once.
    package func add(_ runs: [JobRun]) async throws {
        try await TablesError.wrapping {
            try await session.transaction { transaction in
                // Held to the end of the transaction: whoever adds too waits, and then sees what this one added.
                try transaction.query("SELECT pg_advisory_xact_lock($1)", [.int8(Self.advisoryLockKey)]) {
                    _ in
                }
                for run in runs { try Self.insert(run, in: transaction) }
                try transaction.execute(
                    "DELETE FROM goalpost.job_run WHERE id <= (SELECT max(id) FROM goalpost.job_run) - $1",
                    [.int8(Int64(Self.runsMax))]
                )
            }
        }
    }

    /// The newest runs, at most `limit`, newest first.
    package func newest(_ limit: Int) async throws -> [JobRun] {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var runs: [JobRun] = []
                let sql = """
                    SELECT job, started_at, ended_at, exit_code, coalesce(error, ''), error IS NULL,
                        coalesce(from_offset, -1), coalesce(next_offset, -1), coalesce(counts::text, ''),
                        coalesce(counts ->> '\(Self.runKey)', ''), host, version
                    FROM goalpost.job_run ORDER BY started_at DESC, id DESC LIMIT $1
                    """
                try transaction.query(sql, [.int8(Int64(limit))]) { row in
                    let (counts, run) = (try row.text(8), try row.text(9))
                    runs.append(
                        JobRun(
                            run: run.isEmpty ? nil : run,
                            job: try row.text(0),
                            startedAt: Timestamp(microseconds: try row.timestamptz(1)),
                            endedAt: Timestamp(microseconds: try row.timestamptz(2)),
                            exitCode: try row.int4(3),
                            error: try row.bool(5) ? nil : try row.text(4),
                            fromOffset: UInt64(exactly: try row.int8(6)),
                            nextOffset: UInt64(exactly: try row.int8(7)),
                            counts: counts.isEmpty ? nil : counts,
                            host: try row.text(10),
                            version: try row.text(11)
                        )
                    )
                }
                return runs
            }
        }
    }

    private static func insert(_ run: JobRun, in transaction: borrowing Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO goalpost.job_run (job, started_at, ended_at, exit_code, error, from_offset,
                next_offset, counts, host, version)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10
            WHERE $11::text IS NULL OR NOT EXISTS (
                SELECT FROM goalpost.job_run
                WHERE job = $1 AND started_at = $2 AND counts ->> '\(runKey)' = $11)
            """,
            [
                .text(run.job), .timestamptz(run.startedAt.microseconds),
                .timestamptz(run.endedAt.microseconds), .int4(run.exitCode),
                text(run.error.map { String($0.prefix(errorCharactersMax)) }),
                number(run.fromOffset), number(run.nextOffset),
                text(run.counts), .text(run.host), .text(run.version),
                text(run.run),
            ]
        )
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
