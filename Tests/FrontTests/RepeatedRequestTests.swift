import Foundation
import Front
import NIOCore
import NIOEmbedded
import TestKit
import Testing

/// A connection's request is known again only where its bytes are the whole of it.
@Suite struct RepeatedRequestTests {
    private static let head = "Host: h\r\nx-mock-user-id: p1\r\n"
    private static let get = "GET /challenge/v1/challenges/initialize HTTP/1.1\r\n\(head)\r\n"

    /// What comes back for each piece.
    private static func answers(_ pieces: [String]) async throws -> [String] {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1), ("p2", 9, 2)])
            return try answers(pieces, store)
        }
    }

    private static func answers(_ pieces: [String], _ store: TestStore) throws -> [String] {
        let pipeline = FrontPipeline(
            configuration: store.configuration(),
            clock: { 1_042_000 },
            logger: TestStore.silent
        )
        let channel = EmbeddedChannel()
        try pipeline.addWithCodec(to: channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var answers: [String] = []
        for piece in pieces {
            do { try channel.writeInbound(ByteBuffer(string: piece)) } catch {}
            var output = ByteBuffer()
            while let data = try channel.readOutbound(as: IOData.self) {
                if case .byteBuffer(var bytes) = data { output.writeBuffer(&bytes) }
            }
            answers.append(String(buffer: output))
        }
        _ = try channel.finish(acceptAlreadyClosed: true)
        return answers
    }

    private static func json(_ progress: Int) -> String {
        String(decoding: TestStore.json(progress: progress, kind: "assignedGoals"), as: UTF8.self)
    }

    @Test func `the same bytes get the same answer, between others too`() async throws {
        let other = Self.get.replacing("p1", with: "p2")
        let answers = try await Self.answers([Self.get, Self.get, other, Self.get, other, other, Self.get])
        for (answer, progress) in zip(answers, [7, 7, 9, 7, 9, 9, 7]) {
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix(Self.json(progress)))
        }
    }

    @Test func `two at once, or one in pieces, are read as ever`() async throws {
        let half = Self.get.index(Self.get.startIndex, offsetBy: 30)
        let answers = try await Self.answers([
            Self.get, Self.get + Self.get, Self.get, String(Self.get[..<half]), String(Self.get[half...]),
            Self.get,
        ])
        #expect(
            answers.map { $0.components(separatedBy: "HTTP/1.1 200 OK").count - 1 } == [1, 2, 1, 0, 1, 1]
        )
    }

    @Test func `in the middle of another request the same bytes are something else`() async throws {
        // The body that was announced is exactly as long as the request that is known.
        let post =
            "POST /challenge/v1/challenges/initialize HTTP/1.1\r\n\(Self.head)Content-Length: \(Self.get.utf8.count)\r\n\r\n"
        let answers = try await Self.answers([Self.get, Self.get, post, Self.get, Self.get])
        #expect(answers.map { $0.components(separatedBy: "HTTP/1.1 200 OK").count - 1 } == [1, 1, 0, 1, 1])
        // And behind a head that has not ended they belong to it.
        let begun = try await Self.answers([Self.get, "GET / HTTP/1.1\r\nx-begun: ", Self.get])
        #expect(begun[1] == "")
        #expect(!begun[2].hasPrefix("HTTP/1.1 200"))
    }

    @Test func `HEAD, old versions and conditions are known as what they are`() async throws {
        let head = Self.get.replacing("GET", with: "HEAD")
        let old = Self.get.replacing("HTTP/1.1", with: "HTTP/1.0").replacing(
            "Host: h",
            with: "Connection: keep-alive"
        )
        let conditional = Self.get.replacing("Host: h", with: "Host: h\r\nIf-None-Match: *")
        let answers = try await Self.answers([head, head, old, old, conditional, conditional])
        for pair in [0, 2, 4] { #expect(answers[pair] == answers[pair + 1]) }
        #expect(answers[0].hasSuffix("\r\n\r\n"))
        #expect(answers[2].contains("Connection: keep-alive\r\n"))
        #expect(answers[4].hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
    }
}
