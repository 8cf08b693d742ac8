import Foundation
import Front
import TestKit
import Testing

/// What a connection does besides the answers: order, keeping, ending.
@Suite struct ConnectionTests {
    private static let initialize = "/challenge/v1/challenges/initialize"
    private static let expected = TestStore.json(progress: 7, kind: "assignedGoals")

    private static func request(
        _ target: String = initialize,
        method: String = "GET",
        version: String = "1.1",
        _ fields: [String] = []
    ) -> String {
        let lines = ["\(method) \(target) HTTP/\(version)", "Host: h", "x-mock-user-id: p1"] + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test func `answers come in the order of the requests, whoever gives them`() async throws {
        try await RunningFront.with { front, _ in
            let wire = try Wire(front.address)
            let requests = (0..<40).map { round in
                switch round % 4 {
                case 0: ("GET", "/metrics", 200)
                case 1: ("GET", Self.initialize, 200)
                case 2: ("HEAD", "/challenge/v1/challenges", 200)
                default: ("GET", "/nothing/\(round)", 404)
                }
            }
            // All at once: the answers on the event loop would overtake the others if nothing held them.
            wire.send(requests.map { Self.request($0.1, method: $0.0) }.joined())
            for (round, (method, target, status)) in requests.enumerated() {
                let response = try wire.response(to: method)
                #expect(response.status == status, "\(round)")
                if target == Self.initialize { #expect(response.body == Self.expected, "\(round)") }
                if status == 404 {
                    #expect(
                        String(decoding: response.body, as: UTF8.self).contains("\"instance\":\"\(target)\"")
                    )
                }
                #expect(response["connection"] == nil)
            }
        }
    }

    @Test func `a body that comes late holds back what was sent behind it`() async throws {
        try await RunningFront.with { front, _ in
            for target in ["/nothing", Self.initialize] {
                let wire = try Wire(front.address)
                wire.send(Self.request(target, method: "POST", ["Content-Length: 10"]) + "01234")
                // Another connection is served meanwhile.
                let other = try Wire(front.address)
                other.send(Self.request())
                #expect(try other.response().body == Self.expected)
                wire.send("56789" + Self.request("/healthz") + Self.request())
                #expect(try wire.response().status == (target == "/nothing" ? 404 : 200))
                #expect(
                    String(decoding: try wire.response().body, as: UTF8.self) == "{\"status\":\"healthy\"}"
                )
                #expect(try wire.response().body == Self.expected)
            }
        }
    }

    @Test func `requests cut anywhere are put together again`() async throws {
        try await RunningFront.with { front, _ in
            let bytes = Array((Self.request() + Self.request("/healthz") + Self.request()).utf8)
            for cut in stride(from: 1, to: bytes.count, by: 7) {
                let wire = try Wire(front.address)
                wire.send(Array(bytes[..<cut]))
                // A full round trip of another client lies between the two pieces.
                let other = try Wire(front.address)
                other.send(Self.request("/healthz"))
                #expect(try other.response().status == 200)
                wire.send(Array(bytes[cut...]))
                #expect(try wire.response().body == Self.expected, "\(cut)")
                #expect(try wire.response().status == 200)
                #expect(try wire.response().body == Self.expected, "\(cut)")
            }
        }
    }

    @Test func `a connection is kept for a thousand requests`() async throws {
        try await RunningFront.with { front, _ in
            let wire = try Wire(front.address)
            for _ in 0..<1000 {
                wire.send(Self.request())
                #expect(try wire.response().body == Self.expected)
            }
        }
    }

    @Test(arguments: [initialize, "/healthz"])
    func `who says close is closed after the answer`(target: String) async throws {
        try await RunningFront.with { front, _ in
            for fields in [["Connection: close"], ["Connection: keep-alive, close"], ["CONNECTION: Close"]] {
                let wire = try Wire(front.address)
                wire.send(Self.request(target, fields))
                let response = try wire.response()
                #expect(response.status == 200)
                #expect(response["connection"] == "close", "\(fields)")
                #expect(try wire.readToEnd() == (bytes: [], wasReset: false))
            }
        }
    }

    @Test(arguments: [initialize, "/healthz"])
    func `an old client is closed unless it asks to be kept`(target: String) async throws {
        try await RunningFront.with { front, _ in
            let wire = try Wire(front.address)
            wire.send(Self.request(target, version: "1.0", ["Connection: keep-alive"]))
            let kept = try wire.response()
            #expect(kept.status == 200)
            #expect(kept["connection"] == "keep-alive")
            wire.send(Self.request(target, version: "1.0"))
            let last = try wire.response()
            #expect(last["connection"] == "close")
            #expect(last["content-length"] == String(last.body.count))
            #expect(try wire.readToEnd() == (bytes: [], wasReset: false))
        }
    }

    @Test(arguments: [initialize, "/nothing"])
    func `who waits for leave to send a body gets it`(target: String) async throws {
        try await RunningFront.with { front, _ in
            let wire = try Wire(front.address)
            wire.send(Self.request(target, method: "POST", ["Content-Length: 5", "Expect: 100-continue"]))
            #expect(try wire.response().status == 100)
            wire.send("01234" + Self.request())
            #expect(try wire.response().status == (target == Self.initialize ? 200 : 404))
            #expect(try wire.response().body == Self.expected)
            // With a body that will not be taken there is nothing to wait for.
            let long = Self.request(
                target,
                method: "POST",
                ["Content-Length: 1048577", "Expect: 100-continue"]
            )
            wire.send(long)
            let refused = try wire.response()
            #expect(refused.status == 413)
            #expect(try refused.errorCode == "BODY_TOO_LARGE")
        }
    }

    @Test(arguments: [initialize, "/healthz"])
    func `a client that has ended its side gets its answers whole`(target: String) async throws {
        try await RunningFront.with { front, _ in
            let wire = try Wire(front.address)
            wire.send(
                Self.request(target) + Self.request("/healthz") + Self.request("/challenge/v1/challenges")
            )
            wire.endSending()
            #expect(try wire.response().status == 200)
            #expect(try wire.response().status == 200)
            #expect(try wire.response().body == TestStore.json(progress: 7, kind: "challenges"))
            #expect(try wire.readToEnd() == (bytes: [], wasReset: false))
        }
    }

    @Test func `a client that wants another protocol gets this one, and the end`() async throws {
        try await RunningFront.with { front, _ in
            for target in [Self.initialize, "/healthz"] {
                let wire = try Wire(front.address)
                wire.send(Self.request(target, ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"]))
                let response = try wire.response()
                #expect(response.status == 200)
                #expect(response["connection"] == "close")
                #expect(try wire.readToEnd() == (bytes: [], wasReset: false))
            }
        }
    }

    @Test(arguments: [
        "GARBAGE\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
        "GET / HTTP/3.0\r\nHost: h\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `what is not HTTP is told so in its turn, and closed`(text: String) async throws {
        try await RunningFront.with { front, _ in
            let wire = try Wire(front.address)
            wire.send(Self.request() + Self.request("/healthz") + text)
            #expect(try wire.response().body == Self.expected)
            #expect(try wire.response().status == 200)
            let refused = try wire.response()
            #expect(refused.status == 400)
            #expect(try refused.errorCode == "INVALID_REQUEST")
            #expect(refused["content-type"] == "application/problem+json")
            #expect(refused["connection"] == "close")
            #expect(try wire.readToEnd() == (bytes: [], wasReset: false))
        }
    }

    @Test func `an ending server lets kept connections go and finishes what it is being asked`() async throws
    {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let front = try RunningFront(data: store.directory)
            let idle = try Wire(front.address)
            idle.send(Self.request())
            #expect(try idle.response().status == 200)
            let asking = try Wire(front.address)
            asking.send(Self.request(method: "POST", ["Content-Length: 5"]) + "01")
            // Both are known to the server once a later request of another client is answered.
            #expect(try front.curl("/healthz").status == 200)
            kill(front.processIdentifier, SIGTERM)
            #expect(try idle.readToEnd() == (bytes: [], wasReset: false))
            asking.send("234")
            let response = try asking.response()
            #expect(response.body == Self.expected)
            #expect(response["connection"] == "close")
            #expect(front.stop() == 0)
        }
    }

    @Test func `a connection follows a store that is replaced under it`() async throws {
        try await RunningFront.with { front, store in
            let wire = try Wire(front.address)
            wire.send(Self.request())
            #expect(try wire.response().body == Self.expected)
            store.close()
            try FileManager.default.moveItem(atPath: store.store, toPath: store.store + ".old")
            try store.publish([("p1", 8, 1)], offset: 90)
            let deadline = ContinuousClock.now + Wire.patience
            var body: [UInt8] = []
            while body != TestStore.json(progress: 8, kind: "assignedGoals"), ContinuousClock.now < deadline {
                wire.send(Self.request())
                body = try wire.response().body
            }
            #expect(body == TestStore.json(progress: 8, kind: "assignedGoals"))
        }
    }
}
