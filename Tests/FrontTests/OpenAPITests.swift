import Foundation
import TestKit
import Testing

/// Programs from elsewhere read the document and find the front to be as it says.
@Suite(.serialized) struct OpenAPITests {
    private static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]
    private static let missing: Comment =
        "GOALPOST_PYTHON names no Python with its packages; jobs/test makes one"

    private static func with(
        options: [String] = ["--insecure-header-auth"],
        environment: [String: String] = [:],
        _ body: (RunningFront, URL) throws -> Void
    ) async throws {
        try await TestStore.with { store in
            try store.publishGoldenAnswers()
            let front = try RunningFront(data: store.directory, options: options, environment: environment)
            try body(front, store.directory)
            #expect(front.stop() == 0)
        }
    }

    @Test(.enabled(if: python != nil, missing))
    func `the document is valid, and its examples and the front's answers keep to it`() async throws {
        try await Self.with { front, _ in
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "openapi.py")
            let result = try Command.run(
                try #require(Self.python),
                [script.path(), "http://\(front.address)"]
            )
            #expect(result.status == 0, "\(result.error)")
            #expect(String(decoding: result.output, as: UTF8.self).hasSuffix("all as documented\n"))
        }
    }

    /// Its checks need to know who asks by a token; here everybody is player p1.
    @Test(.enabled(if: python != nil, missing))
    func `schemathesis finds nothing`() async throws {
        try await Self.with { front, directory in
            let program = URL(filePath: try #require(Self.python)).deletingLastPathComponent()
                .appending(path: "schemathesis")
            let result = try Command.run(
                // It keeps what it learned in the directory it runs in.
                "/usr/bin/env",
                [
                    "-C", directory.path(), program.path(), "run", "http://\(front.address)/apidocs/api.json",
                    "--seed", "7", "--max-examples", "40",
                    "--checks", "all", "--exclude-checks", "ignored_auth", "--no-color",
                    "--header", "x-mock-user-id: p1", "--generation-database", "none",
                ]
            )
            let text = String(decoding: result.output, as: UTF8.self)
            #expect(result.status == 0, "\(text.suffix(6000))\(result.error.suffix(1000))")
            #expect(text.contains("No issues found"), "\(text.suffix(2000))")
        }
    }
}
