import Foundation
import Front
import TestKit
import Testing

/// The executable as clients and operators meet it: over a socket, with curl.
@Suite struct FrontServerTests {
    private static let initialize = "/challenge/v1/challenges/initialize"
    private static let player = ["--header", "x-mock-user-id: p1"]

    private static func with<Value>(
        options: [String] = ["--insecure-header-auth"],
        _ body: (RunningFront, TestStore) throws -> Value
    ) async throws -> Value {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1), ("e\u{301} x", 5, 2)])
            let front = try RunningFront(data: store.directory, options: options)
            let value = try body(front, store)
            #expect(front.stop() == 0)
            return value
        }
    }

    @Test func `GET, POST and HEAD give one answer`() async throws {
        try await Self.with { front, _ in
            let expected = TestStore.json(progress: 7, kind: "assignedGoals")
            let get = try front.curl(Self.initialize, Self.player)
            #expect(get.status == 200)
            #expect(get.body == expected)
            #expect(get.fields["content-length"] == String(expected.count))
            #expect(get.fields["date"]?.hasSuffix(" GMT") == true)
            let post = try front.curl(Self.initialize, Self.player + ["--data", "{\"ignored\":true}"])
            #expect(post.status == 200)
            #expect(post.body == expected)
            let head = try front.curl(Self.initialize, Self.player + ["--head"])
            #expect(head.status == 200)
            #expect(head.body == [])
            for name in [
                "content-length", "content-type", "etag", "vary", "last-modified", "goalpost-offset",
            ] {
                #expect(head.fields[name] == get.fields[name], "\(name)")
            }
        }
    }

    @Test func `an id may have blanks and any letters`() async throws {
        try await Self.with { front, _ in
            let answer = try front.curl(Self.initialize, ["--header", "x-mock-user-id: e\u{301} x"])
            #expect(answer.body == TestStore.json(progress: 5, kind: "assignedGoals"))
            let composed = try front.curl(Self.initialize, ["--header", "x-mock-user-id: \u{E9} x"])
            #expect(composed.body == TestStore.initializeTemplate)
            let empty = try front.curl(Self.initialize, ["--header", "x-mock-user-id;"])
            #expect(empty.status == 400)
            let long = try front.curl(
                Self.initialize,
                ["--header", "x-mock-user-id: \(String(repeating: "x", count: 101))"]
            )
            #expect(long.status == 400)
        }
    }

    @Test func `dcz crosses the wire as stored`() async throws {
        try await Self.with { front, store in
            let plain = try front.curl(Self.initialize, Self.player)
            let link = try #require(plain.fields["link"]?.split(separator: ">").first?.dropFirst())
            let template = try front.curl(String(link))
            let dictionary = try TestStore.id(template.body).structuredField
            let headers = [
                "--header", "Accept-Encoding: dcz", "--header", "Available-Dictionary: \(dictionary)",
            ]
            let coded = try front.curl(Self.initialize, Self.player + headers)
            #expect(coded.fields["content-encoding"] == "dcz")
            #expect(coded.fields["content-length"] == String(coded.body.count))
            #expect(try store.decode(Array(coded.body.dropFirst(40)), against: template.body) == plain.body)
        }
    }

    @Test func `304 has the tag and no body`() async throws {
        try await Self.with { front, _ in
            let tag = try #require(try front.curl(Self.initialize, Self.player).fields["etag"])
            let again = try front.curl(Self.initialize, Self.player + ["--header", "If-None-Match: \(tag)"])
            #expect(again.status == 304)
            #expect(again.fields["etag"] == tag)
            #expect(again.fields["content-length"] == nil && again.fields["transfer-encoding"] == nil)
            #expect(again.body == [])
        }
    }

    @Test func `errors are problems with the fields that belong to them`() async throws {
        try await Self.with { front, _ in
            let missing = try front.curl("/nothing?here")
            #expect(missing.status == 404)
            #expect(missing.fields["content-type"] == "application/problem+json")
            #expect(String(decoding: missing.body, as: UTF8.self).contains("\"instance\":\"/nothing\""))
            let write = try front.curl(
                "/challenge/v1/challenges/c/goals/g/active",
                Self.player + ["--request", "PUT", "--data", "{\"isActive\":true}"]
            )
            #expect(write.status == 405)
            #expect(write.fields["allow"] == "")
            #expect(String(decoding: write.body, as: UTF8.self).contains("https://ingest.example"))
            let post = try front.curl("/challenge/v1/challenges", Self.player + ["--request", "POST"])
            #expect(post.status == 405)
            #expect(post.fields["allow"] == "GET, HEAD")
            let nobody = try front.curl(Self.initialize)
            #expect(nobody.status == 401)
            #expect(nobody.fields["www-authenticate"] == "Bearer")
            let head = try front.curl("/nothing", ["--head"])
            #expect(head.status == 404)
            #expect(head.body == [])
        }
    }

    @Test func `a body beyond the limit is refused, and the next client is served`() async throws {
        try await Self.with { front, store in
            let file = store.directory.appending(path: "body")
            try Data(count: FrontLimits().bodyBytesMax).write(to: file)
            let fitting = try front.curl(Self.initialize, Self.player + ["--data-binary", "@\(file.path())"])
            #expect(fitting.status == 200)
            try Data(count: FrontLimits().bodyBytesMax + 1).write(to: file)
            let options =
                Self.player + ["--header", "Expect: 100-continue", "--data-binary", "@\(file.path())"]
            let long = try front.curl(Self.initialize, options)
            #expect(long.status == 413)
            #expect(long.fields["connection"] == "close")
            let chunked = try front.curl(
                Self.initialize,
                options + ["--header", "Transfer-Encoding: chunked"]
            )
            #expect(chunked.status == 413)
            #expect(try front.curl(Self.initialize, Self.player).status == 200)
        }
    }

    @Test func `two requests on one connection are answered in order`() async throws {
        try await Self.with { front, _ in
            let url = "http://\(front.address)\(Self.initialize)"
            let (status, output, error) = try Command.run(
                "/usr/bin/curl",
                [
                    "--silent", "--verbose", "--header", "x-mock-user-id: p1", "--write-out",
                    "%{http_code}:%{num_connects};",
                ]
                    + ["--output", "/dev/null", url, "--output", "/dev/null", url]
            )
            #expect(status == 0, "\(error)")
            #expect(String(decoding: output, as: UTF8.self) == "200:1;200:0;")
        }
    }

    @Test func `without the option the header is not believed`() async throws {
        try await Self.with(options: []) { front, _ in
            let answer = try front.curl(Self.initialize, Self.player)
            #expect(answer.status == 401)
            #expect(try front.curl("/healthz").status == 200)
            #expect(try front.curl("/readyz").status == 200)
        }
    }

    @Test func `it starts without a store, is alive but not ready, and interrupt ends it well`() async throws
    {
        try await TestStore.with { store in
            let front = try RunningFront(data: store.directory)
            #expect(try front.curl("/healthz").status == 200)
            let answer = try front.curl("/readyz")
            #expect(answer.status == 503)
            #expect(answer.fields["retry-after"] == "5")
            #expect(front.stop(SIGINT) == 0)
        }
    }

    @Test(
        arguments: [
            (["--insecure-header-auth", "--listen", "0.0.0.0:0"], 78, "loopback"),
            (["--insecure-header-auth", "--listen", "[::]:0"], 78, "loopback"),
            (["--insecure-header-auth", "--listen", "localhost:0"], 78, "loopback"),
            (["--listen", "nowhere"], 78, "HOST:PORT"),
            (["--log-level", "loud"], 78, "option --log-level is loud"),
            (["--listen", "192.0.2.1:1"], 69, "cannot listen on 192.0.2.1:1"),
            (["--listen", "127.0.0.1:0", "--port-file", "/nonexistent/x"], 73, "/nonexistent/x"),
            (["--unknown"], 64, "Unknown option"),
        ] as [([String], Int32, String)]
    )
    func `a wrong start ends with one clear line and its code`(
        options: [String],
        code: Int32,
        says: String
    ) async throws {
        try await TestStore.with { store in
            let (status, _, error) = try Command.run(
                Command.binaries.appending(path: "goalpost-front").path(),
                ["--data", store.directory.path()] + options,
                environment: [:]
            )
            #expect(status == code, "\(error)")
            #expect(error.contains(says), "\(error)")
        }
    }

    @Test func `a port that is taken is named`() async throws {
        try await Self.with { front, store in
            let (status, _, error) = try Command.run(
                Command.binaries.appending(path: "goalpost-front").path(),
                ["--data", store.directory.path(), "--listen", front.address],
                environment: [:]
            )
            #expect(status == 69)
            #expect(error.contains("cannot listen on \(front.address)"), "\(error)")
        }
    }

    @Test func `a misspelled setting is refused before anything listens`() async throws {
        try await TestStore.with { store in
            let (status, _, error) = try Command.run(
                Command.binaries.appending(path: "goalpost-front").path(),
                ["--data", store.directory.path()],
                environment: ["GOALPOST_FRONT_LISTN": "127.0.0.1:1"]
            )
            #expect(status == 78)
            #expect(error.contains("GOALPOST_FRONT_LISTEN"), "\(error)")
        }
    }

    @Test func `it is linked to no database library`() throws {
        let (status, output, _) = try Command.run(
            "/usr/bin/ldd",
            [Command.binaries.appending(path: "goalpost-front").path()]
        )
        #expect(status == 0)
        let libraries = String(decoding: output, as: UTF8.self)
        #expect(libraries.contains("liblmdb"))
        #expect(!libraries.contains("libpq"))
    }

    @Test func `help says who is believed`() throws {
        let (status, output, _) = try Command.run(
            Command.binaries.appending(path: "goalpost-front").path(),
            ["--help"],
            environment: [:]
        )
        #expect(status == 0)
        let help = String(decoding: output, as: UTF8.self)
        for words in ["bearer token", "token_keys", "--insecure-header-auth"] {
            #expect(help.contains(words), "\(words)")
        }
    }
}
