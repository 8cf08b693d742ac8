import Foundation
import TestKit

/// A `goalpost` at work beside the test, with what it writes kept in files.
final class RunningProgram {
    private let process = Process()
    private let directory: TemporaryDirectory
    private var isOver = false

    /// Starts the command.
    init(_ program: GoalpostProgram, _ arguments: String...) throws {
        directory = try TemporaryDirectory()
        process.executableURL = URL(filePath: GoalpostProgram.path)
        process.arguments = arguments
        process.environment = program.environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.file(directory.path + "/output")
        process.standardError = try Self.file(directory.path + "/error")
        try process.run()
    }

    deinit {
        if !isOver { kill(process.processIdentifier, SIGKILL) }
    }

    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for its end.
    func end() throws -> (status: Int32, output: String, error: String) {
        process.waitUntilExit()
        isOver = true
        return (
            process.terminationStatus,
            try String(contentsOfFile: directory.path + "/output", encoding: .utf8),
            try String(contentsOfFile: directory.path + "/error", encoding: .utf8)
        )
    }

    private static func file(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil) else { throw POSIXError(.EIO) }
        return try FileHandle(forWritingTo: URL(filePath: path))
    }
}
