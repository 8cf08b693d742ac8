import AsyncHTTPClient
import Foundation
package import Ingest
import Listening
import NIOCore
import NIOHTTP1

/// The way to a running `goalpost-ingest`, which holds the log's lock and writes what it is handed.
///
/// Each call returns once what it handed over is durable. End it with `close`.
package final class WriterLink: Sendable {
    /// How long an answer may take: as long as a disk that is still at work.
    private static let answerSeconds: Int64 = 120
    private static let connectSeconds: Int64 = 5
    /// Shorter than the server's, so that no request goes into a connection that it is closing.
    private static let idleSeconds: Int64 = 20
    private static let answerBytesMax = 16 << 20
    /// How often a request is sent again that the server has no room for.
    private static let attemptsMax = 120
    private static let waitMilliseconds = 250

    private let socket: OwnerSocket
    private let client: HTTPClient

    /// Finds the server that writes the log in `directory`; nil where none answers.
    package static func open(logDirectory directory: String) async -> WriterLink? {
        let socket: OwnerSocket
        do throws(OwnerSocket.Failure) {
            socket = try OwnerSocket(directory: directory, name: Handover.socketName)
        } catch {
            // No directory, or none that we may read: who holds the lock is not to be found this way.
            return nil
        }
        guard socket.exists else { return nil }
        let link = WriterLink(socket)
        do throws(WriterLinkError) {
            _ = try await link.call(.GET, "/healthz", nil)
            return link
        } catch {
            // A file that a killed server left, one that is just ending, or one that lets other users in only.
            await link.close()
            return nil
        }
    }

    private init(_ socket: OwnerSocket) {
        self.socket = socket
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(Self.connectSeconds)
        configuration.timeout.read = .seconds(Self.answerSeconds)
        configuration.connectionPool.idleTimeout = .seconds(Self.idleSeconds)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// The socket's path, for people.
    package var path: String { socket.path }

    /// Ends all connections; the last call.
    package func close() async {
        do {
            try await client.shutdown()
        } catch {
            // A connection that was still busy is cut, which is what is wanted.
        }
    }

    /// Runs `body` with the link and ends all connections, however that ends.
    package func closing<Value>(_ body: (WriterLink) async throws -> Value) async throws -> Value {
        do {
            let value = try await body(self)
            await close()
            return value
        } catch {
            await close()
            throw error
        }
    }

    // MARK: What can be handed over

    /// How far a source was ingested.
    package func source(_ name: String) async throws(WriterLinkError) -> Handover.Source {
        try await answer(.GET, Handover.sourcesPath + Self.encoded(name), nil)
    }

    /// Hands whole lines over, which begin at byte `position` of the source, nil being one without a name.
    ///
    /// `committed` is how far the log has the source, as the last answer said. The last line may lack its end
    /// where the source ends.
    package func lines(
        _ bytes: [UInt8],
        source: String?,
        position: UInt64,
        committed: UInt64
    ) async throws(WriterLinkError) -> Handover.Lines {
        var path = Handover.linesPath + "?position=\(position)&committed=\(committed)"
        if let source { path += "&source=" + Self.encoded(source) }
        return try await answer(.POST, path, bytes, type: "application/x-ndjson")
    }

    /// Hands over a part of a line that is too long to be handed over whole.
    package func keep(
        _ bytes: [UInt8],
        _ part: Handover.LongLine
    ) async throws(WriterLinkError) -> Handover.KeptLine {
        var path = Handover.longLinesPath + "?line=" + Self.encoded(part.line)
        path += "&position=\(part.position)&at=\(part.at)&isLast=\(part.isLast)"
        if let source = part.source { path += "&source=" + Self.encoded(source) }
        return try await answer(.POST, path, bytes, type: "application/octet-stream")
    }

    /// Hands events over, one a line, each with its id.
    package func events(_ lines: [UInt8]) async throws(WriterLinkError) -> Handover.Events {
        try await answer(.POST, "/v1/events", lines, type: "application/x-ndjson")
    }

    /// Puts a challenges.json in force from the log's next record on.
    package func apply(challenges: [UInt8]) async throws(WriterLinkError) -> Handover.Configuration {
        try await answer(.POST, Handover.challengesPath, challenges)
    }

    /// Removes entries of a quarantine file, whose events are in the log.
    package func remove(
        _ entries: Handover.RemovedEntries,
        file name: String
    ) async throws(WriterLinkError) -> Handover.Removal {
        let body: Data
        do {
            body = try JSONEncoder().encode(entries)
        } catch {
            throw .notUnderstood(socket: path, reason: "\(error)")
        }
        return try await answer(.POST, Handover.quarantinePath + Self.encoded(name), Array(body))
    }

    // MARK: Requests

    private func answer<Answer: Decodable>(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [UInt8]?,
        type: String = "application/json"
    ) async throws(WriterLinkError) -> Answer {
        let bytes = try await call(method, path, body, type: type)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes))
        } catch {
            throw .notUnderstood(socket: self.path, reason: "\(error)")
        }
    }

    /// Sends a request, again while the server has no room for it, and gives the answer's body.
    private func call(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [UInt8]?,
        type: String = "application/json"
    ) async throws(WriterLinkError) -> [UInt8] {
        var attempts = 1
        while true {
            let (status, bytes) = try await send(method, path, body, type)
            if (200..<300).contains(status) { return bytes }
            let problem: Handover.Problem
            do {
                problem = try JSONDecoder().decode(Handover.Problem.self, from: Data(bytes))
            } catch {
                throw .notUnderstood(socket: self.path, reason: "HTTP status \(status)")
            }
            switch status {
            case 429 where attempts < Self.attemptsMax:
                // Nothing of it was taken: it waits as a writer without a server would wait for the disk.
                attempts += 1
                do {
                    try await Task.sleep(for: .milliseconds(Self.waitMilliseconds))
                } catch {
                    throw .unavailable(detail: problem.detail)
                }
            case 429, 503: throw .unavailable(detail: problem.detail)
            case 409: throw .conflict(detail: problem.detail)
            case 404, 405: throw .notUnderstood(socket: self.path, reason: "HTTP status \(status)")
            default: throw .refused(detail: problem.detail)
            }
        }
    }

    private func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [UInt8]?,
        _ type: String
    ) async throws(WriterLinkError) -> (status: Int, body: [UInt8]) {
        guard let url = URL(httpURLWithSocketPath: socket.address, uri: path) else {
            throw .lost(socket: self.path, reason: "\(socket.address) makes no URL")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        request.headers.add(name: "Host", value: "localhost")
        request.headers.add(name: "User-Agent", value: "goalpost")
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(request, timeout: .seconds(Self.answerSeconds))
            let answer = try await response.body.collect(upTo: Self.answerBytesMax)
            return (Int(response.status.code), Array(answer.readableBytesView))
        } catch {
            throw .lost(socket: self.path, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .deadlineExceeded?, .readTimeout?, .writeTimeout?, .connectTimeout?,
            .getConnectionFromPoolTimeout?:
            "no answer within \(answerSeconds) s"
        case .remoteConnectionClosed?: "it closed the connection"
        case let known?: known.shortDescription
        case nil: "\(error)"
        }
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        return result
    }
}
