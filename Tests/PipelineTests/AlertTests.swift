import Foundation
import TestKit
import Testing

/// `cron/alerts.yml` as Prometheus reads it, and as the person who is woken by it does.
@Suite struct AlertTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: ScheduleProgram.root + path, encoding: .utf8)
    }

    /// The rules, each as the lines from its name to the next.
    private static func alerts() throws -> [(name: String, text: String)] {
        try text("cron/alerts.yml").components(separatedBy: "- alert: ").dropFirst().map {
            (
                String($0.prefix { $0 != "\n" }),
                $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            )
        }
    }

    @Test(arguments: [["check", "rules", "alerts.yml"], ["test", "rules", "alerts-test.yml"]])
    func `promtool accepts them`(arguments: [String]) throws {
        let path = ScheduleProgram.root + "cron/" + arguments[2]
        let result = try Command.run("/usr/bin/promtool", Array(arguments[..<2]) + [path])
        #expect(result.status == 0, "\(result.error)\(String(decoding: result.output, as: UTF8.self))")
    }

    @Test func `every alert is tested, has a severity, and says what is wrong and what to do`() throws {
        let tests = try Self.text("cron/alerts-test.yml")
        let alerts = try Self.alerts()
        #expect(alerts.count == 24 && Set(alerts.map(\.name)).count == 24)
        for alert in alerts {
            #expect(tests.contains("alertname=\"\(alert.name)\""), "\(alert.name) never fires in a test")
            #expect(alert.text.contains(#/severity: (warning|critical) annotations/#), "\(alert.name)")
            #expect(alert.text.contains(" summary: ") && alert.text.contains(" description: "))
            #expect(alert.text.contains(/`goalpost \w+/), "\(alert.name) names no command")
        }
        // Each group of the tests also looks at a time when nothing fires.
        let groups = tests.components(separatedBy: "  - interval: ").dropFirst()
        for group in groups where group.contains("promql_expr_test") {
            #expect(group.contains("exp_samples: []"), "\(group)")
        }
    }

    @Test func `the commands they name are there`() throws {
        var commands: Set<[String]> = []
        for alert in try Self.alerts() {
            for command in alert.text.matches(of: /`goalpost ([^`]*)`/) {
                // Job names stand in templates; options and their values are the command's own.
                if command.output.1.hasPrefix("run {{") { continue }
                let words = command.output.1.split(separator: " ").prefix { $0.contains(/^[a-z]+$/) }
                commands.insert(words.map(String.init))
            }
            for script in alert.text.matches(of: /`(jobs\/[a-z-]+)/) {
                let path = ScheduleProgram.root + script.output.1
                #expect(FileManager.default.isExecutableFile(atPath: path), "\(path)")
            }
        }
        #expect(commands.count > 8)
        for words in commands {
            let help = try Command.run(GoalpostProgram.path, words + ["--help"])
            let text = String(decoding: help.output, as: UTF8.self)
            #expect(
                help.status == 0 && text.contains("USAGE: goalpost \(words.joined(separator: " "))"),
                "\(words)"
            )
        }
    }

    @Test func `the metrics they read are those that the jobs write`() throws {
        let written = try Self.text("Sources/StatusReport/StatusMetrics.swift")
        let rules = try Self.text("cron/alerts.yml")
        let read = Set(rules.matches(of: /\bgoalpost_([a-z_]+)/).map { String($0.output.1) })
        #expect(read.count > 15)
        for name in read { #expect(written.contains("\"\(name)\""), "goalpost_\(name)") }
    }
}
