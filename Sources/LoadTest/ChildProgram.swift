import Foundation
import Glibc

/// Programs of the house, started as an operator or cron would start them.
struct ChildProgram: Sendable {
    /// The folder where they lie.
    let binaries: String
    let environment: [String: String]
    /// The file that gets what they write.
    let log: String

    /// Runs one to its end and returns its status.
    func run(_ program: String, _ arguments: [String]) async throws(LoadTestError) -> Int32 {
        try await start(program, arguments).exit.value
    }

    /// Runs one that has to succeed.
    func succeed(_ program: String, _ arguments: [String]) async throws(LoadTestError) {
        let status = try await run(program, arguments)
        guard status == 0 else {
            throw .programFailed(
                program: "\(program) \(arguments.first ?? "")",
                status: status,
                words: lastWords()
            )
        }
    }

    /// Starts one; its input is empty, what it writes is appended to the log.
    func start(_ program: String, _ arguments: [String]) throws(LoadTestError) -> RunningChild {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", #"exec "$@" </dev/null >>"$0" 2>&1"#, log, binaries + "/" + program] + arguments
        process.environment = environment
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { ended in
            continuation.yield(ended.terminationStatus)
            continuation.finish()
        }
        do {
            try process.run()
        } catch {
            throw .programFailed(program: program, status: -1, words: "\(error)")
        }
        return RunningChild(
            processID: process.processIdentifier,
            exit: Task {
                for await status in stream { return status }
                return -1
            }
        )
    }

    /// The log's last lines in one.
    func lastWords() -> String {
        guard let text = ProcessTable.tail(log) else { return "it said nothing" }
        let lines = text.split(whereSeparator: \.isNewline).suffix(3)
        return lines.isEmpty ? "it said nothing" : lines.joined(separator: "; ")
    }
}

/// A program that runs, and a way to hear of its end.
struct RunningChild: Sendable {
    let processID: Int32
    /// Its status, once it has ended.
    let exit: Task<Int32, Never>

    /// Asks it to end (SIGTERM), and waits until it has.
    func stop() async -> Int32 {
        kill(processID, SIGTERM)
        return await exit.value
    }
}
