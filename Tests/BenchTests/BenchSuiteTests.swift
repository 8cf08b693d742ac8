import Foundation
import TestKit
import Testing

/// Runs the benchmarks that need no other program, at the smallest size: that they work and what they write, not how
/// fast anything is.
@Suite struct BenchSuiteTests {
    @Test func `the benchmarks run at a small scale and write a table and JSON`() throws {
        let directory = try TemporaryDirectory()
        let result = try Command.run(
            "/usr/bin/env",
            [
                "python3", "-S", "\(Self.benchmarks)/suite", "pieces", "scan", "publish", "--runs", "2",
                "--scale",
                "0.0005", "--out", directory.path, "--programs", Command.binaries.path(),
            ]
        )
        try #require(result.status == 0, "\(result.error)")
        let text = try String(contentsOfFile: "\(directory.path)/pieces-scan-publish.md", encoding: .utf8)
        #expect(text.contains("| publish, 50 changed |") && text.contains("| publish, 50 activated |"))
        #expect(String(decoding: result.output, as: UTF8.self).contains(text))

        let file = URL(filePath: "\(directory.path)/pieces-scan-publish.json")
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: file))
        #expect(report.runs == 2)
        #expect(report.scale == 0.0005)
        #expect(report.machine.cores > 0)
        #expect(!report.machine.loadBefore.isEmpty)
        #expect(report.figures.count == 8 + 4 + 24)
        for figure in report.figures {
            #expect(figure.ours.runs.count == 2, "\(figure.name)")
            #expect(figure.ours.min > 0, "\(figure.name)")
            #expect(figure.ours.min <= figure.ours.median, "\(figure.name)")
            #expect(figure.ours.median <= figure.ours.max, "\(figure.name)")
        }
        let beside = report.figures.filter { $0.name.hasPrefix("publish") }
        for figure in beside {
            let (peer, ratio) = (try #require(figure.peer), try #require(figure.ratio))
            #expect(peer.runs.count == 2 && ratio.runs.count == 2, "\(figure.name)")
            #expect(abs(ratio.runs[0] - figure.ours.runs[0] / peer.runs[0]) < 1e-9, "\(figure.name)")
        }
        // Sizes do not depend on the machine.
        let sizes = beside.filter { $0.work == "size of a frame" && $0.name == "publish, 50 changed" }
        #expect(sizes.count == 2)
        for size in sizes { #expect(size.aim == "≤ 3,000 bytes" && size.met == true) }
    }

    @Test func `an unknown benchmark is refused`() throws {
        let result = try Command.run("/usr/bin/env", ["python3", "\(Self.benchmarks)/suite", "nonsense"])
        #expect(result.status == 2)
        #expect(result.error.contains("there is no benchmark 'nonsense'"))
    }

    static var benchmarks: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Benchmarks").path()
    }
}

private struct Report: Decodable {
    struct Machine: Decodable {
        let cores: Int
        let loadBefore: String
    }

    struct Side: Decodable {
        let median: Double
        let min: Double
        let max: Double
        let runs: [Double]
    }

    struct Figure: Decodable {
        let name: String
        let work: String
        let aim: String
        let met: Bool?
        let ours: Side
        let peer: Side?
        let ratio: Side?
    }

    let runs: Int
    let scale: Double
    let machine: Machine
    let figures: [Figure]
}
