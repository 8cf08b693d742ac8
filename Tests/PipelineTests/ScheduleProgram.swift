import Foundation
import TestKit

/// `jobs/install-cron` and the files that it installs, run from this tree over this build's programs.
enum ScheduleProgram {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    static var binaries: String {
        let path = Command.binaries.path()
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Runs `jobs/install-cron` to its end; `path` goes before the system's directories of programs.
    static func install(
        _ arguments: [String],
        path: [String] = [],
        variables: [String: String] = [:]
    ) throws -> (status: Int32, output: String, error: String) {
        let system = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"]
        let environment = ["PATH": (path + system).joined(separator: ":")].merging(variables) { $1 }
        let result = try Command.run(root + "jobs/install-cron", arguments, environment: environment)
        return (result.status, String(decoding: result.output, as: UTF8.self), result.error)
    }
}
