import Goals
import Postgres
import StatusReport
import Tables

/// Carries runs from the data directory's journal into the table `job_run`, each once.
///
/// A run waits in the journal while PostgreSQL is away. Killed between the table's commit and the journal's mark,
/// the run is carried again, and the table, which knows its UUID, does not take it twice.
struct RunStore: Sendable {
    private let journal: RunJournal

    init(_ journal: RunJournal) { self.journal = journal }

    /// Carries all runs that wait; returns how many there were.
    @discardableResult
    func carry(to database: Database) async throws -> Int {
        let waiting = try journal.runs().filter { !$0.isStored }
        guard !waiting.isEmpty else { return 0 }
        let session = database.session("history")
        try await JobRunTable(session: session).add(try waiting.map(Self.row))
        await session.close()
        try await journal.markStored(Set(waiting.map(\.run)))
        return waiting.count
    }

    /// The newest runs of the table, newest first; none where it is not there yet.
    static func newest(_ count: Int, _ database: Database) async throws -> [RunRecord] {
        let session = database.session("history")
        do {
            return try await JobRunTable(session: session).newest(count).map(record)
        } catch TablesError.notInstalled {
            return []
        }
    }

    private static func row(_ run: RunRecord) throws -> JobRun {
        JobRun(
            run: run.run,
            job: run.job,
            startedAt: Timestamp(run.startedAt),
            endedAt: Timestamp(run.endedAt),
            exitCode: run.exitCode,
            error: run.error,
            fromOffset: run.fromOffset,
            nextOffset: run.nextOffset,
            counts: String(decoding: try StatusJSON.encode(counts(run)), as: UTF8.self),
            host: run.host,
            version: run.version
        )
    }

    /// The counts with the run's UUID among them.
    private static func counts(_ run: RunRecord) -> JSONValue {
        var members: [String: JSONValue] = [:]
        if let counts = run.counts, case .object(let storable) = storable(counts) { members = storable }
        members[JobRunTable.runKey] = .string(run.run)
        return .object(members)
    }

    /// The same without U+0000, which jsonb refuses: one such run must not hold up all others.
    private static func storable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text.replacing("\0", with: "?"))
        case .array(let values): .array(values.map(storable))
        case .object(let members):
            .object(
                Dictionary(
                    members.map { ($0.key.replacing("\0", with: "?"), storable($0.value)) },
                    uniquingKeysWith: { first, _ in first }
                )
            )
        case .null, .bool, .integer, .number: value
        }
    }

    /// A run as the table tells it.
    private static func record(_ row: JobRun) -> RunRecord {
        var run = RunRecord(
            run: row.run ?? "",
            job: row.job,
            startedAt: row.startedAt.date,
            endedAt: row.endedAt.date,
            exitCode: row.exitCode,
            host: row.host,
            version: row.version
        )
        run.error = row.error
        run.fromOffset = row.fromOffset
        run.nextOffset = row.nextOffset
        run.isStored = true
        if let counts = row.counts {
            // The table holds valid JSON; what cannot be read here is not shown.
            do {
                run.counts = try StatusJSON.decode(JSONValue.self, from: Array(counts.utf8))
            } catch { run.counts = nil }
        }
        if case .object(var members) = run.counts {
            members[JobRunTable.runKey] = nil
            run.counts = members.isEmpty ? nil : .object(members)
        }
        return run
    }
}
