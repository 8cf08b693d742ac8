import Foundation
import TestKit
import Testing

/// The units as installed, read by systemd's own checker.
@Suite struct SystemdUnitTests {
    private let directory: TemporaryDirectory
    private let units: String

    init() throws {
        directory = try TemporaryDirectory()
        units = directory.path + "/root/etc/systemd/system"
        // A blank in the path, since every directive has to bear it.
        let result = try ScheduleProgram.install([
            "--system", "--systemd", "--root", directory.path + "/root", "--data", "/var/lib/the data",
            "--bin", ScheduleProgram.binaries, "--as", "daemon", "--keep-days", "30",
        ])
        try #require(result.status == 0 && result.error.isEmpty, "\(result.error)")
    }

    private func analyze(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
        let result = try Command.run(
            "/usr/bin/systemd-analyze",
            arguments,
            environment: ["SYSTEMD_UNIT_PATH": units + ":", "PATH": "/usr/bin:/bin"]
        )
        return (result.status, String(decoding: result.output, as: UTF8.self), result.error)
    }

    private var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: units).filter { !$0.hasSuffix(".d") }
                .map { $0.replacing("@.", with: "@cycle.") }.sorted()
        }
    }

    private static let instances = ["compact", "snapshot", "verify", "retain"].map {
        "goalpost-job@\($0).service"
    }

    @Test func `systemd finds nothing wrong with any of them`() throws {
        for name in try names + Self.instances {
            let result = try analyze("verify", "--man=no", name)
            #expect(result.status == 0 && result.error.isEmpty && result.output.isEmpty, "\(result.error)")
        }
        // It would say so.
        for (name, line) in [
            ("goalpost-front.service", "UMaks=0027"),
            ("goalpost-job@retain.service.d/options.conf", "Nice=x"),
            ("goalpost-cycle.timer", "OnCalendar=sometimes"),
        ] {
            let path = "\(units)/\(name)"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try (text + line + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let result = try analyze("verify", "--man=no", name.replacing(".d/options.conf", with: ""))
            #expect(!result.error.isEmpty, "\(name)")
        }
    }

    @Test func `timers catch up, in UTC, and start a unit that is there`() throws {
        let timers = try names.filter { $0.hasSuffix(".timer") }
        #expect(timers.count == 5)
        for name in timers {
            let text = try String(contentsOfFile: "\(units)/\(name)", encoding: .utf8)
            let job = name.dropFirst("goalpost-".count).dropLast(".timer".count)
            #expect(
                text.contains("\nUnit=goalpost-job@\(job).service\n") && text.contains("\nPersistent=true\n")
            )
            let script = ScheduleProgram.root + "jobs/\(job)"
            #expect(FileManager.default.isExecutableFile(atPath: script), "\(script)")
            let calendar = try #require(text.firstMatch(of: /OnCalendar=(.*)\n/)?.output.1)
            #expect(calendar.hasSuffix(" UTC"))
            let result = try analyze("calendar", String(calendar))
            #expect(result.status == 0 && result.output.contains("Next elapse"), "\(result.error)")
        }
        let target = try String(contentsOfFile: units + "/goalpost.target", encoding: .utf8)
        for name in timers + ["goalpost-front.service", "goalpost-postgres.service"] {
            #expect(target.contains(name), "\(name)")
        }
    }

    @Test func `the front is confined`() throws {
        let result = try analyze(
            "security",
            "--offline=true",
            "--no-pager",
            "--threshold=20",
            "goalpost-front.service"
        )
        #expect(result.status == 0, "\(result.output)")
        // Without its lock file writable LMDB would read with no lock at all.
        let text = try String(contentsOfFile: units + "/goalpost-front.service", encoding: .utf8)
        #expect(text.contains("\nReadWritePaths=\"/var/lib/the data\"\n") && text.contains("\nType=notify\n"))
        #expect(!text.contains(/ReadOnlyPaths=[^\n]*payloads/))
    }

    @Test func `no job's unit ends the database`() throws {
        let job = try String(contentsOfFile: units + "/goalpost-job@.service", encoding: .utf8)
        let wants = "\nWants=goalpost-postgres.service\nAfter=goalpost-postgres.service"
        #expect(job.contains(wants) && job.contains("\nPrivateTmp=no\n"))
        let database = try String(contentsOfFile: units + "/goalpost-postgres.service", encoding: .utf8)
        #expect(database.contains("\nType=forking\n") && database.contains("\nPrivateTmp=no\n"))
        #expect(database.contains("\nPIDFile=/var/lib/the data/postgres/postmaster.pid\n"))
    }
}
