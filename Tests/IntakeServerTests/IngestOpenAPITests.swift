import APIDocs
import Foundation
import IntakeServer
import TestKit
import Testing

/// Programs from elsewhere read the write side's document and find a real server to be as it says.
@Suite(.serialized) struct IngestOpenAPITests {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()

    @Test(.enabled(if: RemoteCallTests.python != nil, RemoteCallTests.missing))
    func `the document is valid, and its examples and the server's answers keep to it`() throws {
        let server = try RunningIngest(environment: [
            "GOALPOST_INGEST_PLAYER_BURST": "10", "GOALPOST_INGEST_PLAYER_RATE": "1",
        ])
        let result = try Command.run(
            try #require(RemoteCallTests.python),
            [Self.here.appending(path: "openapi.py").path(), "http://127.0.0.1:\(server.port)"]
        )
        #expect(result.status == 0, "\(result.error.suffix(3000))")
        #expect(String(decoding: result.output, as: UTF8.self).hasSuffix("all as documented\n"))
        #expect(server.end() == 0, "\(server.errorText)")
    }

    @Test(.enabled(if: RemoteCallTests.python != nil, RemoteCallTests.missing))
    func `schemathesis finds nothing`() throws {
        let directory = try TemporaryDirectory()
        let python = try #require(RemoteCallTests.python)
        let script = Self.here.deletingLastPathComponent().appending(path: "FrontTests/tokens.py")
        let made = try Command.run(python, [script.path(), "make", directory.path])
        try #require(made.status == 0, "\(made.error)")
        let tokens = try JSONDecoder().decode(
            [String: String].self,
            from: Data(contentsOf: URL(filePath: directory.path + "/tokens.json"))
        )
        // One token for both: it is a player's, and its hash is among the services'.
        let token = try #require(tokens["rsa"])
        let hashes = directory.path + "/services"
        let hashed = try Command.run(
            "/usr/bin/env",
            ["sh", "-c", "printf %s \"$1\" | sha256sum > \"$2\"", "sh", token, hashes]
        )
        try #require(hashed.status == 0, "\(hashed.error)")
        try Self.settings.write(
            toFile: directory.path + "/schemathesis.toml",
            atomically: true,
            encoding: .utf8
        )
        let server = try RunningIngest(
            arguments: [],
            environment: [
                "GOALPOST_NAMESPACE": "demo", "GOALPOST_TOKEN_ISSUER": "iam",
                "GOALPOST_TOKEN_KEYS": directory.path + "/jwks.json", "GOALPOST_INGEST_TOKEN_FILE": hashes,
                "GOALPOST_INGEST_PLAYER_RATE": "1000000", "GOALPOST_INGEST_PLAYER_BURST": "1000000",
            ]
        )
        let program = URL(filePath: python).deletingLastPathComponent().appending(path: "schemathesis")
        let result = try Command.run(
            // It keeps what it learned in the directory it runs in, and takes its settings from there.
            "/usr/bin/env",
            [
                "-C", directory.path, "PYTHONPATH=" + Self.here.path(),
                "SCHEMATHESIS_HOOKS=schemathesis_hooks", program.path(), "run",
                "http://127.0.0.1:\(server.port)/apidocs/api.json",
                "--seed", "7", "--max-examples", "40", "--no-color",
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
        #expect(server.end() == 0, "\(server.errorText)")
    }

    /// What of the document cannot be asked for by schemathesis as it is.
    ///
    /// It compresses no bodies, whatever the header would say of them. And of several events each is judged by itself,
    /// and those of other namespaces are not looked into, so that requests with wrong ones are answered 200.
    private static let settings = """
        [parameters]
        "header.Content-Encoding" = "identity"

        [[operations]]
        include-path = "/v1/events"
        checks.negative_data_rejection.enabled = false
        """

    // MARK: What the document says of itself

    private static let operations = IngestDocument.document.operations

    @Test func `ids are unique and tags known`() {
        #expect(Set(Self.operations.map(\.id)).count == Self.operations.count)
        let tags = IngestDocument.document.tags.map(\.name)
        #expect(Self.operations.allSatisfy { tags.contains($0.tag) })
    }

    @Test func `every error code is documented with its status`() {
        // Those of any path, and the one of the owner's socket.
        let general: [IngestProblem.Code] = [.methodNotAllowed, .notFound]
        for code in general {
            #expect(IngestDocument.document.description.contains(code.rawValue), "\(code)")
        }
        for code in IngestProblem.Code.allCases where !general.contains(code) && code != .conflict {
            let isListed = Self.operations.flatMap(\.answers).contains { answer in
                answer.status == code.status && answer.errorCodes.contains(code.rawValue)
            }
            #expect(isListed, "\(code) with \(code.status)")
        }
    }
}
