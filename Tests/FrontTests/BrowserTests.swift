import Foundation
import Front
import PayloadStore
import StatusReport
import TestKit
import Testing

/// A real browser as a client: it holds the template and gets the rest, and opens the pages without a complaint.
@Suite(.serialized) struct BrowserTests {
    private struct Seen: Decodable {
        let status: Int
        let coding: String?
        let text: String
        let bytes: Int
        let templateStatus: Int
        let isSecure: Bool
    }

    private struct Page: Decodable {
        struct Complaint: Decodable {}
        let title: String
        let text: String
        let complaints: [Complaint]
        let requests: [String]
    }

    private static func drive<Value: Decodable>(
        _ type: Value.Type,
        _ front: RunningFront,
        _ words: [String]
    ) throws -> Value {
        let directory = try TemporaryDirectory()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "chromium.py")
        let (status, output, error) = try Command.run(
            "/usr/bin/env",
            [
                "python3", script.path(), try #require(Chromium.path), directory.path + "/profile",
                "http://\(front.address)",
            ] + words
        )
        #expect(status == 0, "\(error)")
        return try JSONDecoder().decode(type, from: Data(output))
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absence))
    func `it loads the template, and then an answer is a few bytes`() async throws {
        try await RunningFront.with { front, _ in
            let id = try TestStore.id(TestStore.initializeTemplate).hex
            let seen = try Self.drive(Seen.self, front, ["dictionary", id, "p1"])
            #expect(seen.isSecure && seen.templateStatus == 200 && seen.status == 200)
            #expect(seen.coding == "dcz")
            let identity = try front.curl(
                "/challenge/v1/challenges/initialize",
                ["--header", "x-mock-user-id: p1"]
            )
            #expect(Array(seen.text.utf8) == identity.body)
            // 3 KB is what an answer of full size may take; this one is the difference of one goal.
            #expect(seen.bytes > 0 && seen.bytes <= 3000, "\(seen.bytes) bytes on the wire")
            print("an answer of \(identity.body.count) bytes came as \(seen.bytes)")
        }
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absence), arguments: ["/status", "/apidocs/"])
    func `a page opens without a complaint and fetches nothing`(path: String) async throws {
        try await RunningFront.with { front, store in
            let status = SystemStatus(generatedAt: .now, program: "test", host: "here")
            try Data(try status.json()).write(to: store.directory.appending(path: SystemStatus.fileName))
            let page = try Self.drive(Page.self, front, ["page", path])
            #expect(page.title.hasPrefix("Goalpost"))
            #expect(page.complaints.count == 0)
            #expect(
                page.requests.filter { !$0.hasPrefix("data:") && $0 != "about:blank" } == [
                    "http://\(front.address)\(path)"
                ]
            )
            let url = try #require(URL(string: "http://\(front.address)\(path)"))
            let name = path == "/status" ? "front-status" : "front-apidocs"
            try Chromium.takePictures(
                of: url,
                named: name,
                heights: (1800, 2600),
                in: try TemporaryDirectory()
            )
        }
    }
}
