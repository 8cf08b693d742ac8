import Disk
import EventLog
package import Goals
import Ingest
import IngestLink
package import Settings

/// `goalpost challenges`: the configurations that govern the log.
package struct ChallengesJob {
    /// One configuration of the history.
    package struct Entry: Encodable {
        /// First offset it governs.
        package let offset: UInt64
        package let path: String
        package let challenges: Int
        package let goals: Int
    }

    private let settings: Settings
    private let access: LogAccess
    private let now: @Sendable () -> Timestamp

    package init(
        settings: Settings,
        access: LogAccess,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.now = now
    }

    package func list() throws -> [Entry] {
        let history = access.directory.configurations
        return try history.offsets().map { offset in
            let set = try LogAccess.read(try history.read(at: offset), path: history.path(at: offset))
            return Entry(
                offset: offset,
                path: history.path(at: offset),
                challenges: set.challenges.count,
                goals: set.goals.count
            )
        }
    }

    /// What a file would change against the configuration in force at the log's end.
    package func difference(_ path: String) throws -> ChallengeDifference {
        let (_, new) = try read(path)
        return ChallengeDifference(from: try access.governing(try access.directory.end()).set, to: new)
    }

    /// Puts a file in force from the log's end on; returns what changed and from where.
    ///
    /// Does nothing where nothing changes. A server that writes the log does it itself.
    package func apply(_ path: String) async throws -> (changes: [String], offset: UInt64?) {
        let (bytes, new) = try read(path)
        let writer: LogWriter
        do {
            writer = try access.openWriter(settings, now: now)
        } catch {
            let link = try await access.link(insteadOf: error)
            let answer = try await link.closing { try await $0.apply(challenges: bytes) }
            return (answer.changes, answer.offset)
        }
        defer { writer.close() }
        let old = try access.governing(writer.nextOffset)
        let difference = ChallengeDifference(from: old.set, to: new)
        guard !difference.isEmpty else { return ([], nil) }
        return (difference.lines, try writer.applyConfiguration(bytes))
    }

    private func read(_ path: String) throws -> ([UInt8], ChallengeSet) {
        let bytes = try access.volume.readFile(path, bytesMax: ChallengeFile.bytesMax)
        return (bytes, try LogAccess.read(bytes, path: path))
    }
}
