import Foundation
import PayloadStore
import TestKit
import Testing

/// Players with tokens of an identity service, as curl and PyJWT make them, before a real front.
@Suite(.serialized) struct TokenTests {
    private static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]
    private static let missing: Comment =
        "GOALPOST_PYTHON names no Python with its packages; jobs/test makes one"
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "tokens.py"
    )

    private static func script(_ words: String...) throws -> String {
        let result = try Command.run(try #require(python), [script.path()] + words)
        #expect(result.status == 0, "\(result.error.suffix(3000))")
        return String(decoding: result.output, as: UTF8.self)
    }

    private static func environment(_ keys: String) -> [String: String] {
        ["GOALPOST_TOKEN_KEYS": keys, "GOALPOST_NAMESPACE": "demo", "GOALPOST_TOKEN_ISSUER": "iam"]
    }

    @Test(.enabled(if: python != nil, missing))
    func `tokens are taken and refused as promised, with keys from a file`() async throws {
        try await TestStore.with { store in
            let outcome = PublishedOutcome(key: Array("r1".utf8), errorCode: "GOAL_NOT_ACTIVE", decidedAt: 0)
            try store.publish([("p1", 7, 1)], outcomes: ["p1": [outcome]])
            let keys = store.directory.appending(path: "iam")
            _ = try Self.script("make", keys.path())
            let front = try RunningFront(
                data: store.directory,
                options: [],
                environment: Self.environment(keys.appending(path: "jwks.json").path())
            )
            #expect(try Self.script("check", "http://\(front.address)", keys.path()) == "all as promised\n")
            #expect(front.stop() == 0)
        }
    }

    @Test(.enabled(if: python != nil, missing))
    func `keys from a URL are awaited, and stay when it is down`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let keys = store.directory.appending(path: "iam")
            _ = try Self.script("make", keys.path())
            let data = try Data(contentsOf: keys.appending(path: "tokens.json"))
            let tokens = try JSONDecoder().decode([String: String].self, from: data)
            let token = ["--header", "Authorization: Bearer \(try #require(tokens["ec"]))"]
            let path = "/challenge/v1/challenges/initialize"

            let server = Process()
            let output = Pipe()
            server.executableURL = URL(filePath: try #require(Self.python))
            server.arguments = [Self.script.path(), "serve", keys.path()]
            server.standardOutput = output
            server.standardError = FileHandle.nullDevice
            try server.run()
            // A child may have been born with other signals blocked.
            defer { kill(server.processIdentifier, SIGKILL) }
            var line = ""
            while !line.hasSuffix("\n") {
                let more = output.fileHandleForReading.availableData
                try #require(!more.isEmpty, "the server of keys ended")
                line += String(decoding: more, as: UTF8.self)
            }
            let port = line.dropLast()
            let url = "http://127.0.0.1:\(port)/jwks.json"
            let front = try RunningFront(
                data: store.directory,
                options: [],
                environment: Self.environment(url)
            )
            #expect(try front.curl(path, token).status == 200)
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
            #expect(try front.curl(path, token).status == 200)
            #expect(front.stop() == 0)

            // Now nobody answers at that URL: the front starts, and says that it cannot tell who asks.
            let late = try RunningFront(
                data: store.directory,
                options: [],
                environment: Self.environment(url)
            )
            let answer = try late.curl(path, token)
            #expect(answer.status == 503 && answer.fields["retry-after"] == "5")
            #expect(String(decoding: answer.body, as: UTF8.self).contains("KEYS_UNAVAILABLE"))
            #expect(try late.curl("/healthz").status == 200)
            #expect(late.stop() == 0)
        }
    }

    @Test func `what cannot be is refused before anything listens`() async throws {
        try await TestStore.with { store in
            let front = Command.binaries.appending(path: "goalpost-front").path()
            let garbled = store.directory.appending(path: "garbled.json").path()
            try Data("{\"keys\":[]}".utf8).write(to: URL(filePath: garbled))
            for (environment, options, words) in [
                (
                    ["GOALPOST_TOKEN_KEYS": "/nowhere/jwks.json", "GOALPOST_NAMESPACE": "demo"], [],
                    "/nowhere/jwks.json"
                ),
                (["GOALPOST_TOKEN_KEYS": garbled, "GOALPOST_NAMESPACE": "demo"], [], "none of its 0 keys"),
                (["GOALPOST_TOKEN_KEYS": garbled], [], "namespace"),
                (
                    ["GOALPOST_TOKEN_KEYS": garbled, "GOALPOST_NAMESPACE": "demo"],
                    ["--insecure-header-auth"], "leave"
                ),
            ] as [([String: String], [String], String)] {
                let result = try Command.run(
                    front,
                    ["--data", store.directory.path(), "--listen", "127.0.0.1:0"] + options,
                    environment: environment
                )
                #expect(result.status == 78, "\(result.error)")
                #expect(result.error.contains(words), "\(result.error)")
            }
        }
    }
}
