import Foundation
import TestKit
import Testing

/// Players with tokens of an identity service, made by PyJWT, before a real server.
@Suite struct PlayerTokenTests {
    private static let claim = "/challenge/v1/challenges/c/goals/g/claim"

    @Test(.enabled(if: RemoteCallTests.python != nil, RemoteCallTests.missing))
    func `a player writes with a good token only, and as nobody else`() throws {
        let directory = try TemporaryDirectory()
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "FrontTests/tokens.py")
        let made = try Command.run(
            try #require(RemoteCallTests.python),
            [script.path(), "make", directory.path]
        )
        try #require(made.status == 0, "\(made.error)")
        let tokens = try JSONDecoder().decode(
            [String: String].self,
            from: Data(contentsOf: URL(filePath: directory.path + "/tokens.json"))
        )
        let server = try RunningIngest(
            arguments: [],
            environment: [
                "GOALPOST_NAMESPACE": "demo", "GOALPOST_TOKEN_ISSUER": "iam",
                "GOALPOST_TOKEN_KEYS": directory.path + "/jwks.json",
            ]
        )
        func status(_ fields: String...) throws -> Int {
            try server.curl(Self.claim, ["-X", "POST"] + fields.flatMap { ["-H", $0] }).status
        }
        for name in ["rsa", "ec", "known"] {
            #expect(try status("Authorization: Bearer \(try #require(tokens[name]))") == 202, "\(name)")
        }
        #expect(try status("Authorization: Bearer \(try #require(tokens["other"]))") == 403)
        let bad = [
            "stranger", "impostor", "expired", "early", "issuer", "nobody", "unsigned", "confused", "cut",
            "garbage", "long",
        ]
        for name in bad {
            let said = try status("Authorization: Bearer \(try #require(tokens[name]))")
            #expect(said == 401, "\(name)")
        }
        #expect(try status("x-mock-user-id: p1") == 401)
        #expect(server.end() == 0, "\(server.errorText)")
        let said = try server.run("goalpost", ["log", "cat", "--data", server.data])
        let users = try said.output.split(separator: "\n").map {
            (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["userId"] as? String
        }
        #expect(users == ["p1", "p1", "somebody new"])
    }

    @Test func `keys that cannot be read from a file are refused at once`() throws {
        let server = try RunningIngest()
        server.end()
        let said = try Command.run(
            Command.binaries.appending(path: "goalpost-ingest").path(),
            ["--data", server.data, "--http", "127.0.0.1:0"],
            environment: [
                "PATH": "/usr/bin:/bin", "GOALPOST_NAMESPACE": "game", "GOALPOST_TOKEN_KEYS": "/nowhere.json",
            ]
        )
        #expect(said.status == 78 && said.error.contains("/nowhere.json"), "\(said.error)")
    }
}
