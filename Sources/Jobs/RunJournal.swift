import Disk
import Foundation
import StatusReport

/// The runs as the data directory keeps them: readable, and written, whatever becomes of PostgreSQL.
///
/// Two files: the newest runs in order, and of each job its totals and last runs, which a job that runs every
/// minute must not push out.
struct RunJournal: Sendable {
    /// Newest runs that are kept; those that wait for the table count too.
    static let runsMax = 1000
    /// Characters of an error message that are kept.
    private static let errorCharactersMax = 4096

    /// What is remembered of one job.
    struct Entry: Codable, Sendable {
        var totals = RunTotals()
        var lastRun: RunRecord?
        var lastSuccessAt: Date?
        /// The newest run that ended with a report.
        var lastReport: RunRecord?
    }

    private let files: JobFiles

    init(_ files: JobFiles) { self.files = files }

    /// Oldest first; a line that a crash cut short is left out.
    func runs() throws -> [RunRecord] {
        guard let bytes = try files.bytes(files.history) else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            // A line that cannot be read is no run that could be shown or carried over.
            do { return try StatusJSON.decode(RunRecord.self, from: Array(line)) } catch { return nil }
        }
    }

    func entries() throws -> [String: Entry] { try files.read([String: Entry].self, files.ledger) ?? [:] }

    /// Adds a run that has ended, not in the table yet.
    func add(_ run: RunRecord) async throws {
        var run = run
        run.error = run.error.map { String($0.prefix(Self.errorCharactersMax)) }
        let ended = run
        try await files.exclusively {
            try write(try runs() + [ended])
            try change(ended.job) { entry in
                if ended.isGood {
                    entry.totals.done += 1
                    entry.lastSuccessAt = ended.endedAt
                } else {
                    entry.totals.failed += 1
                }
                entry.lastRun = ended
                if ended.counts != nil { entry.lastReport = ended }
            }
        }
    }

    func countSkipped(_ job: JobName) async throws {
        try await files.exclusively { try change(job.rawValue) { $0.totals.skipped += 1 } }
    }

    /// Notes that the table has these runs.
    func markStored(_ stored: Set<String>) async throws {
        try await files.exclusively {
            try write(
                try runs().map { run in
                    var run = run
                    if stored.contains(run.run) { run.isStored = true }
                    return run
                }
            )
        }
    }

    private func write(_ runs: [RunRecord]) throws {
        var bytes: [UInt8] = []
        for run in runs.suffix(Self.runsMax) {
            bytes += try StatusJSON.encode(run)
            bytes.append(UInt8(ascii: "\n"))
        }
        try files.volume.atomicWrite(bytes, to: files.history)
    }

    private func change(_ job: String, _ change: (inout Entry) -> Void) throws {
        var all = try entries()
        change(&all[job, default: Entry()])
        try files.write(all, files.ledger)
    }
}
