import Disk
import Foundation
import LoadTest
import TestKit
import Testing

/// The real program against real servers, with little load, and what it says to wrong options.
@Suite(.serialized) struct LoadTestProgramTests {
    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String, error: String) {
        let result = try Command.run(
            GoalpostProgram.path,
            ["loadtest"] + arguments,
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        )
        return (result.status, String(decoding: result.output, as: UTF8.self), result.error)
    }

    @Test(arguments: ["unary", "stream", "lines"])
    func `what was acknowledged is in the log, and all counts add up`(way: String) throws {
        let directory = try TemporaryDirectory()
        // PostgreSQL's own user has to get through.
        try LocalVolume().setPermissions(directory.path, 0o755)
        let out = directory.path + "/out"
        let result = try Self.run(
            [
                "--out", out, "--data", directory.path + "/data", "--requests-per-second", "40",
                "--events-per-second", "60", "--duration", "4", "--players", "200", "--goals", "50",
                "--cycle-seconds", "2", "--partitions", "2", "--connections", "8", "--events", way,
                "--encoding", "gzip=1,zstd=1,identity=1,dcz=1", "--timeout", "300",
            ] + (way == "lines" ? ["--tokens"] : [])
        )
        // Not how fast: a machine that runs a thousand tests beside it may take its time.
        #expect(result.status == 0 || result.status == 1, "\(result.error)")
        let summary = try LoadTestSummary(
            json: LocalVolume().readFile(out + "/summary.json", bytesMax: 1 << 24)
        )
        let told = "\(summary.kinds) \(summary.problems) \(summary.firstFault ?? "")"
        #expect(summary.api.count == 160 && summary.events.count == 240, "\(told)")
        #expect(summary.api.failures == 0 && summary.events.failures == 0, "\(told)")
        for total in [summary.api, summary.events] {
            let parts = summary.kinds.filter { $0.isEvent == total.isEvent }
            #expect(parts.map(\.count).reduce(0, +) == total.count)
            #expect(total.outcomes == ["answered": total.count] && total.latency.count == UInt64(total.count))
        }
        for (seconds, count) in [(summary.apiSeconds, 160), (summary.eventSeconds, 240)] {
            #expect(seconds.map(\.finished).reduce(0, +) == count)
        }
        #expect(summary.recordsInLog == summary.recordsAcknowledged, "\(told)")
        #expect(summary.recordsAcknowledged >= 240)
        #expect(summary.checks.failed == 0 && summary.checks.passed > 400, "\(summary.checks) \(told)")
        #expect(summary.samplesChecked + summary.samplesSkipped > 0, "\(told)")
        #expect(summary.cycles.allSatisfy { $0.status == 0 } && !summary.cycles.isEmpty, "\(summary.cycles)")
        #expect(summary.database?.largeScans.isEmpty == true)
        let servers = summary.thresholds.first { $0.name == "servers that ended badly" }
        #expect(servers?.isMet == true, "\(told)")
        #expect(try LocalVolume().permissions(out) & 0o777 == 0o700)
        for name in ["generator", "front", "ingest", "postgresql", "jobs"] {
            #expect(summary.usage[name] != nil, "\(name) \(summary.usage.keys)")
        }
        #expect(result.output.contains("acknowledged records missing in the log"))
        let page = try LocalVolume().readFile(out + "/report.html", bytesMax: 1 << 24)
        #expect(String(decoding: page, as: UTF8.self).contains("Event latency"))
    }

    /// As README says, but with little load.
    @Test func `the commands of README work`() throws {
        let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "README.md").path()
        let commands = String(decoding: try LocalVolume().readFile(readme, bytesMax: 1 << 20), as: UTF8.self)
            .split(separator: "\n").filter { $0.hasPrefix("goalpost loadtest ") }
        #expect(!commands.isEmpty)
        let directory = try TemporaryDirectory()
        try LocalVolume().setPermissions(directory.path, 0o755)
        for command in commands {
            let words = command.split(separator: " ").dropFirst(2)
                .map { $0.hasPrefix("/tmp/") ? directory.path + $0.dropFirst(4) : String($0) }
            let less = [
                "--requests-per-second", "20", "--events-per-second", "20", "--duration", "2", "--players",
                "100",
                "--goals", "50", "--cycle-seconds", "1", "--partitions", "2",
            ]
            let result = try Self.run(words + less)
            #expect(result.status == 0 || result.status == 1, "\(command): \(result.error)")
            #expect(result.output.contains("acknowledged records missing in the log"))
        }
    }

    @Test func `wrong options, used directories and absent servers are named`() throws {
        let directory = try TemporaryDirectory()
        let (out, data) = (directory.path + "/out", directory.path + "/data")
        let negative = try Self.run(["--out", out, "--data", data, "--requests-per-second=-5"])
        #expect(
            negative.status == 64 && negative.error.contains("--requests-per-second is -5"),
            "\(negative)"
        )
        let missing = try Self.run(["--out", out])
        #expect(missing.status == 64 && missing.error.contains("--data is needed"), "\(missing)")
        #expect(try !LocalVolume().exists(out))

        try LocalVolume().makeDirectory(data, mode: 0o755)
        try LocalVolume().atomicWrite([1], to: data + "/something")
        let used = try Self.run(["--out", out, "--data", data])
        #expect(used.status == 73 && used.error.contains(data) && used.error.contains("in use"), "\(used)")

        let challenges = directory.path + "/challenges.json"
        let generated = try Command.run(GoalpostProgram.path, ["generate", "challenges"])
        try LocalVolume().atomicWrite(Array(generated.output), to: challenges)
        // Port 1 is nobody's.
        let absent = try Self.run([
            "--out", directory.path + "/other", "--processes", "external", "--front", "127.0.0.1:1",
            "--ingest",
            "127.0.0.1:1", "--grpc", "127.0.0.1:1", "--challenges", challenges,
        ])
        #expect(
            absent.status == 69 && absent.error.contains("the front at 127.0.0.1:1 does not answer"),
            "\(absent)"
        )
        let external = [
            "--out", directory.path + "/third", "--processes", "external", "--ingest", "127.0.0.1:1",
            "--grpc",
            "127.0.0.1:1", "--challenges", challenges, "--front",
        ]
        let unknown = try Self.run(external + ["no-such-host.invalid:80"])
        #expect(unknown.status == 69 && unknown.error.contains("its host is not known"), "\(unknown)")
        let unsigned = try Self.run(external + ["127.0.0.1:1", "--tokens"])
        #expect(unsigned.status == 64 && unsigned.error.contains("--token-key"), "\(unsigned)")
    }

    /// Both while it prepares and while the load runs; the second signal is one of an impatient operator.
    @Test(arguments: [(SIGINT, Int32(130), "introducing"), (SIGTERM, 75, "sending"), (SIGHUP, 75, "sending")])
    func `a signal stops all that was started`(signal: Int32, status: Int32, words: String) async throws {
        let directory = try TemporaryDirectory()
        try LocalVolume().setPermissions(directory.path, 0o755)
        let notes = directory.path + "/notes"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", #"exec "$@" >"$0" 2>&1"#, notes, GoalpostProgram.path, "loadtest"]
            + [
                "--out", directory.path + "/out", "--data", directory.path + "/data", "--duration", "86400",
                "--players", "200", "--goals", "50", "--partitions", "2", "--requests-per-second", "5",
                "--events-per-second", "5", "--cycle-seconds", "1",
            ]
        try process.run()
        func said() throws -> String {
            String(decoding: try LocalVolume().readFile(notes, bytesMax: 1 << 20), as: UTF8.self)
        }
        while process.isRunning, try !LocalVolume().exists(notes) || !said().contains(words) {
            // Only how often it is looked at.
            try await Task.sleep(for: .milliseconds(20))
        }
        kill(process.processIdentifier, signal)
        kill(process.processIdentifier, signal)
        while process.isRunning {
            // Only how often it is looked at.
            try await Task.sleep(for: .milliseconds(20))
        }
        let all = try said()
        #expect(process.terminationReason == .exit && process.terminationStatus == status, "\(all)")
        #expect(all.contains("stopped before the load was over"), "\(all)")
        let left = try LocalVolume().list("/proc").filter { Int32($0) != nil }.filter { process in
            guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).contains(directory.path)
        }
        #expect(left.isEmpty, "\(left)")
    }
}
