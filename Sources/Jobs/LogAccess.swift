package import Disk
package import EventLog
package import Goals
package import Settings

/// The log and its configurations, as the jobs read them.
package struct LogAccess: Sendable {
    package let directory: LogDirectory
    package let workspace: Workspace

    package init(_ settings: Settings, volume: any Volume = LocalVolume()) {
        workspace = Workspace(root: settings.data)
        directory = LogDirectory(volume: volume, path: workspace.log)
    }

    package var volume: any Volume { directory.volume }

    /// The configuration that governs the record at `offset`, and where the next one begins.
    package func governing(_ offset: UInt64) throws -> GoverningChallenges {
        let history = directory.configurations
        let offsets = try history.offsets()
        guard let start = offsets.last(where: { $0 <= offset }) else {
            throw JobError(
                .configuration,
                "no configuration governs offset \(offset) in \(history.directory): "
                    + "run `goalpost init` or `goalpost challenges apply FILE`"
            )
        }
        let bytes = try history.read(at: start)
        let set = try Self.read(bytes, path: history.path(at: start))
        return GoverningChallenges(
            set: set,
            bytes: bytes,
            start: start,
            end: offsets.first { $0 > offset } ?? UInt64.max
        )
    }

    /// Reads a challenges.json; each fault is a line of the error, with the file and its line.
    package static func read(_ bytes: [UInt8], path: String) throws(JobError) -> ChallengeSet {
        switch ChallengeFile.read(bytes) {
        case .valid(let set): return set
        case .invalid(let faults):
            let lines = faults.map { "config validation failed: \(path): \($0)" }
            throw JobError(.configuration, lines.joined(separator: "\n"))
        }
    }

    package func openWriter(_ settings: Settings, now: @escaping @Sendable () -> Timestamp) throws
        -> LogWriter
    {
        try LogWriter.open(
            volume: volume,
            directory: directory.path,
            limits: LogLimits(
                segmentBytesMax: UInt64(settings.segmentBytesMax),
                segmentAgeMax: .seconds(settings.segmentSecondsMax)
            ),
            now: { now().milliseconds }
        )
    }
}

/// One configuration of the log's history with the stretch of records it governs.
package struct GoverningChallenges: Sendable {
    package let set: ChallengeSet
    package let bytes: [UInt8]
    /// First offset it governs.
    package let start: UInt64
    /// First offset that the next one governs; `UInt64.max` where there is none.
    package let end: UInt64
}
