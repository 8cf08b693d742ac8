import Foundation
import Front
import PayloadStore
import TestKit
import Testing

/// The executable over TLS, with both protocols, as curl meets it.
@Suite struct SecureFrontTests {
    private static let initialize = "/challenge/v1/challenges/initialize"
    private static let player = ["--header", "x-mock-user-id: p1"]
    private static let expected = TestStore.json(progress: 7, kind: "assignedGoals")

    private static func with(
        settings: [String: String] = [:],
        _ body: (RunningFront, TestCertificate, TestStore) throws -> Void
    ) async throws {
        try await TestStore.with { store in
            let outcome = PublishedOutcome(key: Array("r1".utf8), errorCode: nil, decidedAt: 0)
            try store.publish([("p1", 7, 1)], outcomes: ["p1": [outcome]])
            let certificate = try TestCertificate(in: store.directory)
            let front = try RunningFront(
                data: store.directory,
                environment: certificate.settings.merging(settings) { $1 }
            )
            try body(front, certificate, store)
            #expect(front.stop() == 0)
        }
    }

    /// Options that have curl trust the certificate and speak one protocol.
    private static func trusting(_ certificate: TestCertificate, _ version: String) -> [String] {
        ["--cacert", certificate.files.certificate, version]
    }

    @Test func `both protocols give the same answers as plain HTTP`() async throws {
        try await Self.with { front, certificate, store in
            let plain = try RunningFront(data: store.directory)
            let dictionary = try TestStore.id(TestStore.initializeTemplate).structuredField
            let tag = try #require(try plain.curl(Self.initialize, Self.player).fields["etag"])
            let fields: [[String]] = [
                [], Self.player, ["--header", "x-mock-user-id: nobody"],
                Self.player + ["--header", "Accept-Encoding: gzip"],
                Self.player + ["--header", "Accept-Encoding: zstd"],
                Self.player + ["--header", "Accept-Encoding: identity;q=0"],
                Self.player + [
                    "--header", "Accept-Encoding: dcz", "--header", "Available-Dictionary: \(dictionary)",
                ],
                Self.player + ["--header", "If-None-Match: \(tag)"],
                Self.player + ["--header", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"],
                Self.player + ["--head"], Self.player + ["--request", "POST", "--data", "{}"],
                Self.player + ["--request", "DELETE"],
            ]
            let paths = [
                Self.initialize, "/challenge/v1/challenges", "/challenge/v1/challenges?active_only=true",
                "/challenge/v1/requests/r1", "/challenge/v1/requests/r2?offset=40",
                "/challenge/v1/requests/r2?offset=x", "/healthz", "/readyz", "/nothing",
                "/challenge/v1/challenges/c/goals/g/claim",
                "/challenge/v1/templates/\(try TestStore.id(TestStore.initializeTemplate).hex)",
            ]
            for path in paths {
                for options in fields {
                    let one = try plain.curl(path, options)
                    for version in ["--http1.1", "--http2"] {
                        let other = try front.curl(path, options + Self.trusting(certificate, version))
                        #expect(other.status == one.status, "\(version) \(path) \(options)")
                        #expect(other.body == one.body, "\(version) \(path) \(options)")
                        #expect(
                            Self.lasting(other.fields) == Self.lasting(one.fields),
                            "\(version) \(path) \(options)"
                        )
                    }
                }
            }
            #expect(plain.stop() == 0)
        }
    }

    /// Fields without those that time moves.
    private static func lasting(_ fields: [String: String]) -> [String: String] {
        fields.filter { !["date", "age", "cache-control", "last-modified"].contains($0.key) }
    }

    @Test func `HTTP2 is preferred, and spoken at once by who knows`() async throws {
        try await Self.with { front, certificate, _ in
            for (option, protocolName) in [
                ("--http2", "2"), ("--http1.1", "1.1"), ("--http2-prior-knowledge", "2"),
                ("--no-alpn", "1.1"),
            ] {
                let (status, output, error) = try Command.run(
                    "/usr/bin/curl",
                    Self.trusting(certificate, option) + Self.player + [
                        "--silent", "--show-error", "--output", "/dev/null", "--write-out",
                        "%{http_version} %{http_code}",
                        "https://\(front.address)\(Self.initialize)",
                    ]
                )
                #expect(status == 0, "\(option) \(error)")
                #expect(String(decoding: output, as: UTF8.self) == "\(protocolName) 200", "\(option)")
            }
        }
    }

    @Test func `old TLS and plain HTTP get nothing, and the next client is served`() async throws {
        try await Self.with { front, certificate, _ in
            let url = "https://\(front.address)/healthz"
            let old = try Command.run("/usr/bin/curl", ["--silent", "--insecure", "--tls-max", "1.1", url])
            #expect(old.status == 35)
            let plain = try Command.run("/usr/bin/curl", ["--silent", "http://\(front.address)/healthz"])
            #expect(plain.status != 0)
            #expect(try front.curl("/healthz", Self.trusting(certificate, "--tlsv1.2")).status == 200)
            #expect(try front.curl("/healthz", Self.trusting(certificate, "--tlsv1.3")).status == 200)
        }
    }

    @Test func `many requests at once on one connection are each answered whole`() async throws {
        try await Self.with { front, certificate, _ in
            let urls = (0..<60).flatMap { number in
                [
                    "--output", "\(certificate.files.key).\(number)",
                    "https://\(front.address)\(number % 3 == 0 ? "/readyz" : Self.initialize)",
                ]
            }
            let (status, output, error) = try Command.run(
                "/usr/bin/curl",
                Self.trusting(certificate, "--http2") + Self.player + [
                    "--silent", "--show-error", "--parallel", "--parallel-max", "60", "--write-out",
                    "%{http_code};",
                ] + urls
            )
            #expect(status == 0, "\(error)")
            #expect(String(decoding: output, as: UTF8.self) == String(repeating: "200;", count: 60))
            for number in 0..<60 where number % 3 != 0 {
                let body = try Data(contentsOf: URL(filePath: "\(certificate.files.key).\(number)"))
                #expect(Array(body) == Self.expected, "\(number)")
            }
        }
    }

    @Test func `limits hold over HTTP2`() async throws {
        let settings = [
            "GOALPOST_FRONT_BODY_BYTES_MAX": "1000", "GOALPOST_FRONT_REQUEST_SECONDS": "1",
            "GOALPOST_FRONT_IDLE_SECONDS": "1", "GOALPOST_FRONT_HEADER_BYTES_MAX": "4096",
        ]
        try await Self.with(settings: settings) { front, certificate, store in
            let trusting = Self.trusting(certificate, "--http2")
            let file = store.directory.appending(path: "body").path()
            for (bytes, expected) in [(1000, 200), (1001, 413)] {
                try Data(count: bytes).write(to: URL(filePath: file))
                let answer = try front.curl(
                    Self.initialize,
                    Self.player + trusting + ["--data-binary", "@\(file)"]
                )
                #expect(answer.status == expected)
            }
            let long = ["--header", "x-long: \(String(repeating: "x", count: 5000))"]
            #expect(try front.curl(Self.initialize, Self.player + trusting + long).status == 431)
            let many = (0..<101).flatMap { ["--header", "x-\($0): y"] }
            #expect(try front.curl(Self.initialize, Self.player + trusting + many).status == 431)
            // A handshake that never begins, and one that ends there.
            let silent = try Wire(front.address)
            #expect(try silent.readToEnd().bytes == [])
            // The pipe keeps the client from ending by itself.
            let pipe = store.directory.appending(path: "pipe").path()
            let idle = try Command.run(
                "/bin/sh",
                [
                    "-c",
                    "mkfifo \(pipe) && timeout 20 openssl s_client -connect \(front.address) -alpn h2 <>\(pipe) 2>&1",
                ]
            )
            #expect(idle.status != 124, "an idle connection was kept")
            #expect(String(decoding: idle.output, as: UTF8.self).contains("ALPN protocol: h2"))
            #expect(try front.curl(Self.initialize, Self.player + trusting).body == Self.expected)
        }
    }

    @Test(arguments: ["h2", "http/1.1"])
    func `one connection too many is refused, and its place is free again`(protocolName: String) async throws
    {
        let settings = ["GOALPOST_FRONT_CONNECTIONS_MAX": "1"]
        try await Self.with(settings: settings) { front, certificate, store in
            // The pipe keeps this client from ending by itself.
            let pipe = store.directory.appending(path: "pipe").path()
            try #require(mkfifo(pipe, 0o600) == 0)
            let holder = Process()
            holder.executableURL = URL(filePath: "/bin/sh")
            let client = "openssl s_client -connect \(front.address) -alpn \(protocolName)"
            let said = store.directory.appending(path: "said")
            holder.arguments = ["-c", "exec \(client) <>\(pipe) >'\(said.path())' 2>&1"]
            try holder.run()
            // The others come only once it has the place, or they would take it from it.
            let patience = ContinuousClock.now + Wire.patience
            func hasPlace() throws -> Bool {
                guard FileManager.default.fileExists(atPath: said.path()) else { return false }
                return String(decoding: try Data(contentsOf: said), as: UTF8.self).contains("ALPN protocol: ")
            }
            while try !hasPlace() {
                try #require(ContinuousClock.now < patience, "the holder of the place did not connect")
            }
            func status(_ version: String) throws -> Int32 {
                let arguments =
                    ["--silent", "--fail", "--max-time", "30"] + Self.trusting(certificate, version)
                return try Command.run(
                    "/usr/bin/curl",
                    arguments + Self.player + ["https://\(front.address)\(Self.initialize)"]
                ).status
            }
            func becomes(_ isServed: Bool, _ version: String) throws -> Bool {
                let deadline = ContinuousClock.now + Wire.patience
                while ContinuousClock.now < deadline {
                    if try (status(version) == 0) == isServed { return true }
                }
                return false
            }
            #expect(try becomes(false, "--http2"))
            #expect(try becomes(false, "--http1.1"))
            holder.terminate()
            holder.waitUntilExit()
            #expect(try becomes(true, "--http2"))
            #expect(try becomes(true, "--http1.1"))
        }
    }

    @Test func `a renewed certificate is shown to new clients`() async throws {
        try await Self.with { front, certificate, _ in
            let old = try Data(contentsOf: URL(filePath: certificate.files.certificate))
            try certificate.renew(named: "renewed")
            let deadline = ContinuousClock.now + Wire.patience
            var status: Int32 = -1
            while status != 0, ContinuousClock.now < deadline {
                status =
                    try Command.run(
                        "/usr/bin/curl",
                        [
                            "--silent", "--cacert", certificate.files.certificate,
                            "https://\(front.address)/healthz",
                        ]
                    ).status
            }
            #expect(status == 0, "the old certificate is still shown")
            let kept = certificate.files.certificate + ".old"
            try old.write(to: URL(filePath: kept))
            let withOld = try Command.run(
                "/usr/bin/curl",
                ["--silent", "--cacert", kept, "https://\(front.address)/healthz"]
            )
            #expect(withOld.status == 60)
        }
    }

    @Test func `the service manager hears the right scheme`() async throws {
        try await TestStore.with { store in
            let certificate = try TestCertificate(in: store.directory)
            let inbox = try DatagramInbox(store.directory.appending(path: "notify").path())
            let front = try RunningFront(
                data: store.directory,
                environment: certificate.settings.merging(["NOTIFY_SOCKET": inbox.address]) { $1 }
            )
            #expect(try inbox.next() == "READY=1\nSTATUS=listening on https://\(front.address)")
            #expect(front.stop() == 0)
        }
    }

    @Test func `a key that everybody can read is warned of, and served with`() async throws {
        try await TestStore.with { store in
            let certificate = try TestCertificate(in: store.directory)
            try #require(chmod(certificate.files.key, 0o644) == 0)
            let front = try RunningFront(data: store.directory, environment: certificate.settings)
            #expect(front.firstLines.contains("everybody on this machine can read the TLS key"))
            #expect(front.stop() == 0)
        }
    }

    @Test func `a wrong certificate or key ends the start with 78`() async throws {
        try await TestStore.with { store in
            let good = try TestCertificate(in: store.directory).files
            let other = try TestCertificate(in: store.directory, named: "other").files
            for (certificate, key, says) in [
                (good.certificate, other.key, "not the key"), ("/nonexistent", good.key, "/nonexistent"),
                (good.certificate, nil, "need each other"), (nil, good.key, "need each other"),
            ] as [(String?, String?, String)] {
                var environment: [String: String] = [:]
                environment["GOALPOST_FRONT_TLS_CERTIFICATE_FILE"] = certificate
                environment["GOALPOST_FRONT_TLS_KEY_FILE"] = key
                let (status, _, error) = try Command.run(
                    Command.binaries.appending(path: "goalpost-front").path(),
                    ["--data", store.directory.path(), "--listen", "127.0.0.1:0"],
                    environment: environment
                )
                #expect(status == 78, "\(error)")
                #expect(error.contains(says), "\(error)")
            }
        }
    }
}
