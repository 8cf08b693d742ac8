import Foundation
import Front
import PayloadStore
import Testing

/// The event loop's own answers and those that go through Hummingbird are the same bytes.
@Suite struct BothWaysTests {
    private static let paths = [
        "/challenge/v1/challenges/initialize", "/challenge/v1/challenges",
        "/challenge/v1/challenges?active_only=true", "/challenge/v1/challenges?active_only=false",
        "/challenge/v1/challenges?other=1&active_only=true", "/challenge/v1/challenges/", "/nothing",
        "/challenge/v1/requests/r1", "/challenge/v1/requests/r%31?offset=40",
        "/challenge/v1/requests/?offset=40",
        "/challenge/v1/requests/nobodys?offset=40", "/challenge/v1/requests/r1?offset=x", "/healthz",
        "/readyz", "http://elsewhere.example/challenge/v1/challenges",
        "/challenge/v1/challenges/c/goals/g/claim", "/challenge/v1/challenges?%zz&&=&active_only=true#x",
    ]

    /// Fields that change what is answered; each goes with every path and method.
    private static func fields(_ dictionary: String, _ tag: String) -> [[String]] {
        [
            ["x-mock-user-id: p1"], ["x-mock-user-id: nobody"], [],
            ["x-mock-user-id: p1", "x-mock-user-id: p2"],
            ["X-Mock-User-Id:   p1  ", "Accept-Encoding: gzip, deflate"],
            ["x-mock-user-id: p1", "accept-encoding: zstd", "ACCEPT-ENCODING: gzip;q=0.5"],
            ["x-mock-user-id: p1", "Accept-Encoding: dcz", "Available-Dictionary: \(dictionary)"],
            ["x-mock-user-id: nobody", "Accept-Encoding: dcz, gzip", "Available-Dictionary: \(dictionary)"],
            ["x-mock-user-id: nobody", "Accept-Encoding: gzip"],
            ["x-mock-user-id: nobody", "Accept-Encoding: zstd"],
            ["x-mock-user-id: p1", "Accept-Encoding: dcz", "Available-Dictionary: :AAAA:"],
            ["x-mock-user-id: p1", "Accept-Encoding: *;q=0"], ["x-mock-user-id: \u{E9}"],
            ["x-mock-user-id: p1", "If-None-Match: \(tag)"], ["x-mock-user-id: p1", "If-None-Match: *"],
            [
                "x-mock-user-id: p1", "If-None-Match: \"x\"",
                "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
            ],
            ["x-mock-user-id: p1", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"],
            ["x-mock-user-id: p1", "If-Modified-Since: nonsense"],
            ["x-mock-user-id: \(String(repeating: "x", count: 101))"], ["x-mock-user-id: "],
            ["x-mock-user-id: p1", "Expect: 100-continue"], ["x-mock-user-id: p1", "Cookie: a=b; c=d"],
            ["x-mock-user-id: p1", "Upgrade: h2c", "Connection: Upgrade"],
        ]
    }

    private static let methods = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"]

    /// Every request form, each with the way its connection goes on.
    private static func requests(_ dictionary: String, _ tag: String) -> [String] {
        var requests: [String] = []
        for method in methods where method != "BREW" {
            for path in paths {
                for fields in fields(dictionary, tag) {
                    requests.append(
                        request("\(method) \(path) HTTP/1.1", ["Host: h"] + fields + ["Connection: close"])
                    )
                }
            }
        }
        for path in paths.prefix(3) {
            let player = ["x-mock-user-id: p1"]
            requests += [
                request("GET \(path) HTTP/1.0", player),
                request("GET \(path) HTTP/1.0", ["Host: h"] + player),
                request("GET \(path) HTTP/1.1", player),
                request("GET \(path) HTTP/1.1", ["Host: a", "Host: b"] + player),
                request(
                    "GET \(path) HTTP/1.1",
                    ["Host: h", "Content-Length: 5", "Connection: close"] + player
                ) + "abcde",
                request(
                    "POST \(path) HTTP/1.1",
                    ["Host: h", "Content-Length: 5", "Connection: close"] + player
                )
                    + "abcde",
                request(
                    "POST \(path) HTTP/1.1",
                    ["Host: h", "Transfer-Encoding: chunked", "Connection: close"] + player
                )
                    + "3\r\nabc\r\n0\r\n\r\n",
                request(
                    "POST \(path) HTTP/1.1",
                    ["Host: h", "Content-Length: 99999999", "Connection: close"] + player
                ),
                request("GET \(path) HTTP/2.7", ["Host: h"]), request("GET \(path)", []),
            ]
            // Kept connections, with a last request that ends them.
            let end = request("GET /healthz HTTP/1.1", ["Host: h", "Connection: close"])
            requests.append(request("GET \(path) HTTP/1.1", ["Host: h"] + player) + end)
            requests.append(request("HEAD \(path) HTTP/1.1", ["Host: h"] + player) + end)
            requests.append(request("GET \(path) HTTP/1.0", ["Connection: keep-alive"] + player) + end)
            requests.append(
                String(repeating: request("GET \(path) HTTP/1.1", ["Host: h"] + player), count: 9) + end
            )
        }
        return requests
    }

    private static func request(_ line: String, _ fields: [String]) -> String {
        ([line] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test func `each request gets the same bytes either way`() async throws {
        try await TestStore.with { store in
            let outcome = PublishedOutcome(key: Array("r1".utf8), errorCode: "GOAL_NOT_ACTIVE", decidedAt: 0)
            try store.publish([("p1", 7, 1), ("p2", 9, 2)], outcomes: ["p1": [outcome]])
            let template = try TestStore.id(TestStore.initializeTemplate)
            let tag = try #require(
                store.answerer().response(
                    to: FrontRequest(target: Self.paths[0], player: ["p1"])
                )["ETag"]
            )
            try await LocalFront.with(store, answersOnEventLoop: true) { fast in
                try await LocalFront.with(store, answersOnEventLoop: false) { slow in
                    let requests = Self.requests(template.structuredField, tag)
                    #expect(requests.count > 1000)
                    for request in requests {
                        let one = try Self.answer(fast, request)
                        let other = try Self.answer(slow, request)
                        #expect(one == other, "\(request)")
                        #expect(one.hasPrefix("HTTP/1.1 "), "\(request)")
                    }
                }
            }
        }
    }

    /// All that comes back, without the times that differ from one second to the next.
    private static func answer(_ address: String, _ request: String) throws -> String {
        let wire = try Wire(address)
        wire.send(request)
        guard let (bytes, wasReset) = try wire.readToEndInTime() else { return "no end: \(request)" }
        #expect(!wasReset, "\(request)")
        // Each byte a character, so that bodies of any bytes can be compared as text.
        let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        return text.replacing(/Date: [^\r]*/, with: "Date: D").replacing(/Age: \d+/, with: "Age: A")
            .replacing(/max-age=\d+/, with: "max-age=M").replacing(
                /while-revalidate=\d+/,
                with: "while-revalidate=W"
            )
    }
}
