package import Foundation

/// Runs programs and waits for them.
package enum Command {
    /// The folder that this build's executables lie in.
    package static var binaries: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// What sanitized programs are to do at a finding, where this process was told.
    package static var sanitizerOptions: [String: String] {
        ProcessInfo.processInfo.environment.filter { ["TSAN_OPTIONS", "ASAN_OPTIONS"].contains($0.key) }
    }

    /// Runs a program to its end.
    package static func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String]? = nil
    ) throws -> (status: Int32, output: Data, error: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        let (output, error) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // Both pipes at once, or a program that fills one while the other is read would wait for ever.
        let late = Box()
        let thread = Thread { late.finish(error.fileHandleForReading.readDataToEndOfFile()) }
        thread.start()
        let out = output.fileHandleForReading.readDataToEndOfFile()
        let text = String(decoding: late.wait(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, out, text)
    }

    /// Hands a value from one thread to another.
    private final class Box: @unchecked Sendable {
        // Proof: `value` is written before the semaphore is signalled and read after it was waited for.
        private var value = Data()
        private let done = DispatchSemaphore(value: 0)

        func finish(_ data: Data) {
            value = data
            done.signal()
        }

        func wait() -> Data {
            done.wait()
            return value
        }
    }
}
