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

    @Test(.enabled(if: python != nil, missing))
    func `schemathesis finds nothing`() async throws {
        let iam = try TemporaryDirectory()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "tokens.py")
        let made = try Command.run(try #require(Self.python), [script.path(), "make", iam.path])
        #expect(made.status == 0, "\(made.error)")
        let tokens = try JSONDecoder().decode(
            [String: String].self,
            from: Data(contentsOf: URL(filePath: iam.path + "/tokens.json"))
        )
        let token = try #require(tokens["rsa"])
        let settings = ["GOALPOST_TOKEN_KEYS": iam.path + "/jwks.json", "GOALPOST_NAMESPACE": "demo"]
        try await Self.with(options: [], environment: settings) { front, directory in
            let program = URL(filePath: try #require(Self.python)).deletingLastPathComponent()
                .appending(path: "schemathesis")
            let result = try Command.run(
                // It keeps what it learned in the directory it runs in.
                "/usr/bin/env",
                [
                    "-C", directory.path(), program.path(), "run",
                    "http://\(front.address)/apidocs/api.json",
                    "--seed", "7", "--max-examples", "40", "--checks", "all", "--no-color",
                    "--header", "Authorization: Bearer \(token)", "--generation-database", "none",
                ]
            )
            let text = String(decoding: result.output, as: UTF8.self)
            #expect(result.status == 0, "\(text.suffix(6000))\(result.error.suffix(1000))")
            let counts = try #require(
                try /(\d+) generated, (\d+) passed/.firstMatch(in: text),
                "\(text.suffix(2000))"
            )
            #expect(counts.1 == counts.2 && Int(counts.1) ?? 0 > 200)
        }
    }
}
