import Disk
import EventLog
import Foundation
package import Goals
package import Settings

/// `goalpost init`: a data directory with a log, its first configuration and a settings file.
///
/// Safe to run again: what is there is kept, what is missing is made. It never changes a configuration that is in
/// force; `goalpost challenges apply` does.
package struct InitJob {
    package struct Summary: Encodable {
        package let data: String
        package let logID: String
        /// False where the log was there already.
        package let isNew: Bool
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

    package func run() throws -> Summary {
        _ = try settings.requiredNamespace()
        let history = access.directory.configurations
        let hasConfiguration = try !history.offsets().isEmpty
        // Everything is read and checked before anything is made.
        let first = hasConfiguration ? nil : try readChallenges()
        try access.volume.makeDirectory(access.workspace.root, mode: 0o755)
        try writeSettings()
        let isNew = try !access.volume.exists(access.directory.path + "/" + StreamIdentity.fileName)
        let identity = try LogDirectory.create(
            volume: access.volume,
            path: access.directory.path,
            makeUUID: { UUID().uuidString }
        )
        if let first {
            let writer = try access.openWriter(settings, now: now)
            _ = try writer.applyConfiguration(first)
            writer.close()
        }
        let governing = try access.governing(try access.directory.end())
        return Summary(
            data: settings.data,
            logID: identity.uuid,
            isNew: isNew,
            challenges: governing.set.challenges.count,
            goals: governing.set.goals.count
        )
    }

    private func readChallenges() throws -> [UInt8] {
        guard let path = settings.challenges else {
            throw JobError(
                .usage,
                "a new log needs its challenges: give --challenges FILE or set GOALPOST_CHALLENGES"
            )
        }
        let bytes = try access.volume.readFile(path, bytesMax: ChallengeFile.bytesMax)
        _ = try LogAccess.read(bytes, path: path)
        return bytes
    }

    /// Writes goalpost.yaml with the namespace, so that later commands need the data directory only.
    private func writeSettings() throws {
        let path = access.workspace.settingsFile
        guard try !access.volume.exists(path), let namespace = settings.namespace else { return }
        let quoted = namespace.replacingOccurrences(of: "'", with: "''")
        let text =
            "# Settings of this data directory; GOALPOST_* variables override them.\nnamespace: '\(quoted)'\n"
        try access.volume.atomicWrite(Array(text.utf8), to: path)
    }
}
