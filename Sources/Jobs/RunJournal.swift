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
        /// The newest runs, oldest first; absent where an older program wrote this.
        var recent: [RecentRun]?
    }

    private let files: JobFiles

    init(_ files: JobFiles) { self.files = files }

    /// Oldest first; a line that a crash cut short is left out.
    func runs() throws -> [RunRecord] { try lines().compactMap(Self.run) }

    /// The runs that the table does not have yet, oldest first.
    func waiting() throws -> [RunRecord] {
        // Only those are parsed: the file is read after every run, and nearly all of it is in the table.
        try lines().filter(Self.mayWait).compactMap(Self.run).filter { !$0.isStored }
    }

    func entries() throws -> [String: Entry] { try files.read([String: Entry].self, files.ledger) ?? [:] }

    /// Adds a run that has ended, not in the table yet.
    func add(_ run: RunRecord) async throws {
        var run = run
        run.error = run.error.map { String($0.prefix(Self.errorCharactersMax)) }
        let ended = run
        try await files.exclusively {
            try write(try lines() + [try StatusJSON.encode(ended)])
            try change(ended.job) { entry in
                if ended.isGood {
                    entry.totals.done += 1
                    entry.lastSuccessAt = ended.endedAt
                } else {
                    entry.totals.failed += 1
                }
                entry.lastRun = ended
                if ended.counts != nil { entry.lastReport = ended }
                entry.recent = Array(((entry.recent ?? []) + [RecentRun(ended)]).suffix(RecentRun.countMax))
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
                try lines().map { line in
                    guard Self.mayWait(line), var run = Self.run(line), stored.contains(run.run)
                    else { return line }
                    run.isStored = true
                    return try StatusJSON.encode(run)
                }
            )
            var all = try entries()
            for job in all.keys {
                for path in [\Entry.lastRun, \Entry.lastReport] {
                    guard let run = all[job]?[keyPath: path], stored.contains(run.run) else { continue }
                    all[job]?[keyPath: path]?.isStored = true
                }
            }
            try files.write(all, files.ledger)
        }
    }

    // MARK: Lines

    /// What a line of a run that waits has in it, as it is spelled here.
    private static let waitingMark = Array("\"isStored\":false".utf8)

    /// False for nearly all lines, and then surely so.
    private static func mayWait(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { bytes in
            waitingMark.withUnsafeBytes { mark in
                var start = 0
                while start + mark.count <= bytes.count {
                    // The second byte first: a mark begins with a quote, as every word here does.
                    if bytes[start + 1] == mark[1], bytes[start..<start + mark.count].elementsEqual(mark) {
                        return true
                    }
                    start += 1
                }
                return false
            }
        }
    }

    /// The lines of the history; one that a crash cut short is left out.
    private func lines() throws -> [[UInt8]] {
        guard let bytes = try files.bytes(files.history) else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).filter { $0.last == UInt8(ascii: "}") }.map(
            Array.init
        )
    }

    /// Nil for a line that is no run: none that could be shown or carried over.
    private static func run(_ line: [UInt8]) -> RunRecord? {
        do { return try StatusJSON.decode(RunRecord.self, from: line) } catch { return nil }
    }

    private func write(_ lines: [[UInt8]]) throws {
        let bytes = lines.suffix(Self.runsMax).flatMap { $0 + [UInt8(ascii: "\n")] }
        try files.volume.atomicWrite(bytes, to: files.history)
    }

    private func change(_ job: String, _ change: (inout Entry) -> Void) throws {
        var all = try entries()
        change(&all[job, default: Entry()])
        try files.write(all, files.ledger)
    }
}
