import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Posts JSON to one URL and says what became of it; it never tries again by itself.
///
/// Redirects are not followed. Of an answer at most `answerBytesMax` are read and `excerptBytesMax` kept.
package final class WebhookClient: Sendable {
    /// Longest bearer token in bytes.
    package static let tokenBytesMax = 4096
    /// Bytes of an answer's body that are read; a longer one ends its connection.
    private static let answerBytesMax = 65_536
    /// Bytes of an answer's body that are kept as the reason of a failure.
    private static let excerptBytesMax = 200
    private static let loopbackHosts: Set<String> = ["localhost", "127.0.0.1", "::1", "[::1]"]

    private let client: HTTPClient
    private let url: String
    private let token: String?
    private let timeoutSeconds: Int

    /// `timeoutSeconds` is for a whole request, from dialling to the answer's head.
    package init(url text: String, token: String?, timeoutSeconds: Int, connectionsMax: Int)
        throws(WebhookError)
    {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty,
            let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https"
        else { throw .badURL }
        if let token {
            let bytes = Array(token.utf8)
            guard (1...Self.tokenBytesMax).contains(bytes.count),
                bytes.allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw .badToken }
            guard scheme == "https" || Self.loopbackHosts.contains(host.lowercased()) else {
                throw .tokenInTheClear
            }
        }
        self.url = text
        self.token = token
        self.timeoutSeconds = timeoutSeconds
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(Int64(timeoutSeconds))
        configuration.timeout.read = .seconds(Int64(timeoutSeconds))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsMax
        // Who calls knows when to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// Ends all connections; the last call.
    package func close() async {
        do {
            try await client.shutdown()
        } catch {
            // Connections that were still busy are cut, which is what is wanted.
        }
    }

    /// Posts `body` with an `Idempotency-Key`, by which the receiver recognises a request that it has had.
    ///
    /// Throws `CancellationError` when the task is cancelled: whether the receiver has it is then unknown.
    package func post(_ body: [UInt8], key: String) async throws(CancellationError) -> WebhookAnswer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json, */*;q=0.1")
        request.headers.add(name: "User-Agent", value: "goalpost")
        request.headers.add(name: "Idempotency-Key", value: key)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: .seconds(Int64(timeoutSeconds)))
            let excerpt = await Self.excerpt(response.body)
            return WebhookAnswer(status: Int(response.status.code), excerpt: excerpt)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            return .postponed(reason: reason(error))
        }
    }

    /// The beginning of an answer's body, printable; what breaks off is as good as what came.
    private static func excerpt(_ body: HTTPClientResponse.Body) async -> String {
        var kept: [UInt8] = []
        var byteCount = 0
        do {
            for try await part in body {
                kept += part.readableBytesView.prefix(excerptBytesMax - kept.count)
                byteCount += part.readableBytes
                if byteCount > answerBytesMax { break }
            }
        } catch {
            // The status came, and it is what counts.
        }
        let text = String(decoding: kept, as: UTF8.self).unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\u{FFFD}" ? " " : String(scalar)
        }.joined()
        return text.split(separator: " ").joined(separator: " ")
    }

    /// Without the URL, which an error's own description might quote.
    private func reason(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .deadlineExceeded?, .readTimeout?, .writeTimeout?, .connectTimeout?,
            .getConnectionFromPoolTimeout?:
            "no answer within \(timeoutSeconds) s"
        case .tlsHandshakeTimeout?: "no TLS connection within \(timeoutSeconds) s"
        case .remoteConnectionClosed?: "the connection was closed without an answer"
        case let known?: "the request failed (\(known.shortDescription))"
        case nil: "it cannot be reached"
        }
    }
}
