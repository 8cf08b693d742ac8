import Foundation

/// Programs of the house, started as an operator or cron would start them.
///
/// Each has a process group of its own, so that Ctrl-C at the terminal reaches the test alone, which then stops them.
struct ChildProgram: Sendable {
    /// The folder where they lie.
    let binaries: String
    let environment: [String: String]
    /// The file that gets what they write.
    let log: String
    /// What ends a program early that `run` waits for; nil where nothing does, as in cleaning up.
    var stop: StopRequest?

    /// The same, whose programs run to their end.
    var uninterrupted: ChildProgram {
        ChildProgram(binaries: binaries, environment: environment, log: log, stop: nil)
    }

    /// Runs one to its end and returns its status; throws `interrupted` where it was asked to stop before or meanwhile.
    ///
    /// `output` is a file that gets its standard output; what it says on standard error goes to the log in any case.
    func run(
        _ program: String,
        _ arguments: [String],
        output: String? = nil
    ) async throws(LoadTestError) -> Int32 {
        try stop?.check()
        let status = try await start(program, arguments, output: output).ended(unless: stop)
        try stop?.check()
        return status
    }

    /// Runs one that has to succeed.
    func succeed(_ program: String, _ arguments: [String], output: String? = nil) async throws(LoadTestError)
    {
        let status = try await run(program, arguments, output: output)
        guard status == 0 else {
            throw .programFailed(
                program: "\(program) \(arguments.first ?? "")",
                status: status,
                words: lastWords()
            )
        }
    }

    /// Starts one; its input is empty, what it writes is appended to the log.
    func start(
        _ program: String,
        _ arguments: [String],
        output: String? = nil
    ) throws(LoadTestError) -> RunningChild {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", #"out=$1; shift; exec "$@" </dev/null >>"$out" 2>>"$0""#, log, output ?? log]
            + [binaries + "/" + program] + arguments
        process.environment = environment
        do {
            return try RunningChild(process)
        } catch {
            throw .programFailed(program: program, status: -1, words: "\(error)")
        }
    }

    /// The log's last lines in one.
    func lastWords() -> String {
        guard let text = ProcessTable.tail(log) else { return "it said nothing" }
        let lines = text.split(whereSeparator: \.isNewline).suffix(3)
        return lines.isEmpty ? "it said nothing" : lines.joined(separator: "; ")
    }
}
