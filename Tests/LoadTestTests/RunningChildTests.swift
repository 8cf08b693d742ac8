import Foundation
import LoadTest
import Testing

@Suite struct RunningChildTests {
    private static func shell(_ script: String) throws -> RunningChild {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        return try RunningChild(process)
    }

    private static func stubborn() async throws -> RunningChild {
        try await sleeping("trap '' TERM; exec sleep 86400")
    }

    /// Ends by SIGTERM, also where this process ignores that.
    private static func docile() async throws -> RunningChild {
        try await sleeping("exec env --default-signal=TERM sleep 86400")
    }

    /// Returns when the script has become a program that sleeps.
    private static func sleeping(_ script: String) async throws -> RunningChild {
        let child = try shell(script)
        while FileManager.default.contents(atPath: "/proc/\(child.processID)/comm") != Data("sleep\n".utf8) {
            // Only how often it is looked at.
            try await Task.sleep(for: .milliseconds(5))
        }
        return child
    }

    @Test func `a status and a signal are told apart`() async throws {
        #expect(try await Self.shell("exit 15").ended() == 15)
        #expect(try await Self.shell("kill -KILL $$").ended() == 137)
    }

    @Test func `it is asked to end, and nothing is signalled once it has`() async throws {
        let child = try await Self.docile()
        #expect(child.status == nil)
        #expect(await child.stop(hurry: nil) == 143)
        #expect(child.status == 143)
        #expect(await child.stop(hurry: nil) == 143)
        let quick = try Self.shell("exit 3")
        #expect(await quick.ended() == 3)
        #expect(await quick.stop(hurry: nil) == 3)
    }

    @Test func `one that does not end is killed`() async throws {
        let child = try await Self.stubborn()
        #expect(await child.stop(grace: .milliseconds(10), hurry: nil) == 137)
    }

    @Test func `a second signal kills it at once`() async throws {
        let child = try await Self.stubborn()
        let stop = StopRequest()
        stop.set(signal: SIGINT)
        stop.set(signal: SIGINT)
        #expect(await child.stop(grace: .seconds(86_400), hurry: stop) == 137)
    }

    @Test func `who asks the test to end ends a program that is waited for`() async throws {
        let stop = StopRequest()
        let child = try await Self.docile()
        async let status = child.ended(unless: stop)
        stop.set(signal: SIGTERM)
        #expect(await status == 143)
    }
}
