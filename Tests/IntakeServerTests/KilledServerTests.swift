import Foundation
import TestKit
import Testing

@Suite struct KilledServerTests {
    /// `KILL_ROUNDS=200 KILL_WRITERS=64 swift test --filter KilledServerTests` is the long form.
    private static func number(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
    }

    @Test func `killed under many writers it has kept all that it acknowledged, once`() throws {
        // Without the Python that has gRPC's packages all write over HTTP.
        let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]
        if python == nil {
            print("KilledServerTests: GOALPOST_PYTHON is not set, so nothing writes over gRPC")
        }
        let server = try RunningIngest(remoteCalls: python != nil)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "writers.py").path()
        var acknowledged: [String] = []
        for round in 0..<Self.number("KILL_ROUNDS", 4) {
            if round > 0 { try server.start() }
            let output = server.directory.path + "/written-\(round)"
            _ = FileManager.default.createFile(atPath: output, contents: nil)
            let writers = Process()
            writers.executableURL = URL(filePath: "/usr/bin/env")
            writers.arguments = [
                python ?? "python3", script, "\(server.port)", "\(server.remotePort)",
                "\(Self.number("KILL_WRITERS", 16))", "r\(round)",
            ]
            writers.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
            try writers.run()
            // All are at work once some have written four times; each round ends a little later than the last.
            let deadline = Date(timeIntervalSinceNow: 60)
            var marks = 0
            while marks < 4 + round % 8, Date() < deadline {
                marks = String(
                    decoding: FileManager.default.contents(atPath: output) ?? Data(),
                    as: UTF8.self
                )
                .split(separator: "\n").count { $0.hasPrefix("#") }
                Thread.sleep(forTimeInterval: 0.005)
            }
            #expect(marks >= 4, "round \(round)")
            server.end(SIGKILL)
            writers.waitUntilExit()
            acknowledged += String(
                decoding: FileManager.default.contents(atPath: output) ?? Data(),
                as: UTF8.self
            )
            .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        }
        try server.start()
        #expect(server.end() == 0)
        let ids = try server.ids()
        let present = Set(ids)
        #expect(present.count == ids.count)
        #expect(acknowledged.count > 10 && Set(acknowledged).count == acknowledged.count)
        let missing = acknowledged.filter { !present.contains($0) }
        #expect(missing.isEmpty, "\(missing.count) of \(acknowledged.count) are missing")
    }
}
