import Foundation
import Front
import Testing

/// Each limit, from below and from above.
@Suite struct LimitTests {
    private static let initialize = "/challenge/v1/challenges/initialize"

    private static func request(_ fields: [String] = [], target: String = initialize, method: String = "GET")
        -> String
    {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: h", "x-mock-user-id: p1"] + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test func `header bytes and fields`() async throws {
        try await RunningFront.with(settings: ["GOALPOST_FRONT_HEADER_BYTES_MAX": "1000"]) { front, _ in
            let accepted = [
                ["X: \(String(repeating: "x", count: 850))"], (0..<97).map { "F\($0): x" }, [],
            ]
            for fields in accepted {
                let wire = try Wire(front.address)
                wire.send(Self.request(fields))
                #expect(try wire.response().status == 200)
            }
            let refused = [
                ["X: \(String(repeating: "x", count: 1000))"],
                ["X: \(String(repeating: "x", count: 500))", "Y: \(String(repeating: "y", count: 500))"],
                (0..<101).map { "F\($0): x" }, ["\(String(repeating: "x", count: 2000)): x"],
                // No end in sight: refused before the head is whole.
                ["X: \(String(repeating: "x", count: 1_000_000))"],
            ]
            for fields in refused {
                let wire = try Wire(front.address)
                wire.send(Self.request(fields))
                let response = try wire.response()
                #expect(response.status == 431)
                #expect(try response.errorCode == "HEADER_TOO_LARGE")
                #expect(response["connection"] == "close")
            }
            let wire = try Wire(front.address)
            wire.send(Self.request(target: "/" + String(repeating: "a", count: 2000)))
            #expect(try wire.response().status == 431)
        }
    }

    @Test func `body bytes`() async throws {
        try await RunningFront.with(settings: ["GOALPOST_FRONT_BODY_BYTES_MAX": "10"]) { front, _ in
            for target in [Self.initialize, "/nothing"] {
                let wire = try Wire(front.address)
                wire.send(Self.request(["Content-Length: 10"], target: target, method: "POST") + "0123456789")
                #expect(try wire.response().status == (target == Self.initialize ? 200 : 404))
                let chunked = Self.request(["Transfer-Encoding: chunked"], target: target, method: "POST")
                wire.send(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")
                #expect(try wire.response().status == (target == Self.initialize ? 200 : 404))
                for text in [
                    Self.request(["Content-Length: 11"], target: target, method: "POST") + "01234567890",
                    Self.request(["Content-Length: 99999999999999999"], target: target, method: "POST"),
                    chunked + "5\r\n01234\r\n6\r\n567890\r\n", chunked + "fffffff\r\n01234567890",
                ] {
                    let refused = try Wire(front.address)
                    refused.send(text)
                    let response = try refused.response()
                    #expect(response.status == 413)
                    #expect(try response.errorCode == "BODY_TOO_LARGE")
                    #expect(response["connection"] == "close")
                    #expect(try refused.readToEnd() == (bytes: [], wasReset: false))
                }
                // A refusal has no body where none was asked for.
                let head = try Wire(front.address)
                head.send(Self.request(["Content-Length: 11"], target: target, method: "HEAD"))
                #expect(try head.response(to: "HEAD").status == 413)
                #expect(try head.readToEnd() == (bytes: [], wasReset: false))
            }
        }
    }

    @Test func `connections`() async throws {
        try await RunningFront.with(settings: ["GOALPOST_FRONT_CONNECTIONS_MAX": "3"]) { front, _ in
            var wires = try (0..<3).map { _ in try Wire(front.address) }
            for wire in wires {
                wire.send(Self.request())
                #expect(try wire.response().status == 200)
            }
            for _ in 0..<200 {
                let more = try Wire(front.address)
                more.send(Self.request())
                let response = try more.response()
                #expect(response.status == 503)
                #expect(try response.errorCode == "TOO_MANY_CONNECTIONS")
                #expect(response["retry-after"] == "1")
                #expect(response["connection"] == "close")
                #expect(try more.readToEnd() == (bytes: [], wasReset: false))
            }
            // The ones before are served as ever, and who leaves makes room.
            wires[0].send(Self.request())
            #expect(try wires[0].response().status == 200)
            wires.removeLast()
            let deadline = ContinuousClock.now + Wire.patience
            var status = 503
            while status == 503, ContinuousClock.now < deadline {
                let next = try Wire(front.address)
                next.send(Self.request())
                status = try next.response().status
            }
            #expect(status == 200)
        }
    }

    @Test func `time without a request`() async throws {
        try await RunningFront.with(settings: ["GOALPOST_FRONT_IDLE_SECONDS": "1"]) { front, _ in
            let never = try Wire(front.address)
            let once = try Wire(front.address)
            once.send(Self.request())
            #expect(try once.response().status == 200)
            let started = ContinuousClock.now
            #expect(try never.readToEnd() == (bytes: [], wasReset: false))
            #expect(try once.readToEnd() == (bytes: [], wasReset: false))
            #expect(ContinuousClock.now - started < .seconds(10))
            // Who keeps asking is kept, far longer than the limit.
            let busy = try Wire(front.address)
            let end = ContinuousClock.now + .seconds(3)
            while ContinuousClock.now < end {
                busy.send(Self.request())
                #expect(try busy.response().status == 200)
            }
        }
    }

    @Test func `time for a request to arrive`() async throws {
        let settings = ["GOALPOST_FRONT_REQUEST_SECONDS": "1", "GOALPOST_FRONT_IDLE_SECONDS": "60"]
        try await RunningFront.with(settings: settings) { front, _ in
            let whole = Self.request(["Content-Length: 5"], method: "POST")
            let other = Self.request(["Content-Length: 5"], target: "/nothing", method: "POST")
            for start in ["G", String(whole.dropLast(3)), whole, whole + "0123", other + "0123"] {
                let wire = try Wire(front.address)
                wire.send(start)
                let response = try wire.response()
                #expect(response.status == 408)
                #expect(try response.errorCode == "REQUEST_TIMEOUT")
                #expect(try wire.readToEnd() == (bytes: [], wasReset: false))
            }
            // A byte now and then makes no difference: the time counts from the first one.
            let wire = try Wire(front.address)
            let started = ContinuousClock.now
            wire.send("GET / HTTP/1.1\r\nX: ")
            while try wire.isSilent(.milliseconds(100)) { wire.send("x") }
            #expect(try wire.response().status == 408)
            #expect(ContinuousClock.now - started < .seconds(10))
        }
    }

    @Test func `time for a client to take its answers`() async throws {
        let settings = ["GOALPOST_FRONT_WRITE_SECONDS": "1", "GOALPOST_FRONT_IDLE_SECONDS": "60"]
        try await RunningFront.with(settings: settings) { front, _ in
            let asked = 2000
            let slow = try Wire(front.address, receiveBytes: 4096)
            slow.send(String(repeating: Self.request(), count: asked))
            // Someone else sees how it ends: the front gave up, and had not answered all that was asked.
            let deadline = ContinuousClock.now + Wire.patience
            var page = ""
            while !page.contains("reason=\"slow_reader\"} 1"), ContinuousClock.now < deadline {
                page = String(decoding: try front.curl("/metrics").body, as: UTF8.self)
            }
            #expect(page.contains("challenge_api_closings_total{reason=\"slow_reader\"} 1"))
            let line = try #require(
                page.split(separator: "\n").first {
                    $0.hasPrefix("challenge_api_requests_total{route=\"initialize\"")
                }
            )
            let count = try #require(line.split(separator: " ").last)
            let answered = try #require(Int(count))
            #expect(answered < asked)
            #expect(try slow.readToEnd().bytes.count < asked * 20_000)
        }
    }

    @Test func `a client that reads slowly but reads gets everything`() async throws {
        try await RunningFront.with { front, _ in
            let asked = 600
            let wire = try Wire(front.address, receiveBytes: 4096)
            let sender = Thread { wire.send(String(repeating: Self.request(), count: asked)) }
            sender.start()
            let expected = TestStore.json(progress: 7, kind: "assignedGoals")
            for _ in 0..<asked { #expect(try wire.response().body == expected) }
        }
    }

    @Test func `hundreds of silent clients keep nobody else waiting`() async throws {
        try await RunningFront.with { front, _ in
            let silent = try (0..<500).map { _ in try Wire(front.address) }
            let begun = try (0..<200).map { _ in try Wire(front.address) }
            for wire in begun { wire.send("GET /") }
            for _ in 0..<50 {
                let wire = try Wire(front.address)
                wire.send(Self.request())
                #expect(try wire.response().status == 200)
            }
            withExtendedLifetime((silent, begun)) {}
        }
    }
}
