import AsyncHTTPClient
import Disk
import NIOCore
import NIOPosix

/// Reads the bytes of a key set, with a bound on their number and on the time it takes.
struct KeyReader: Sendable {
    /// How long a URL may take to answer whole, in seconds.
    static let answerSecondsMax: Int64 = 10
    static let connectSecondsMax: Int64 = 5

    let source: KeySource
    private let client: HTTPClient?

    init(_ source: KeySource) {
        self.source = source
        switch source {
        case .file: client = nil
        case .url:
            // A redirect could lead to anybody's keys: the setting says where they are.
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.timeout.connect = .seconds(Self.connectSecondsMax)
            configuration.connectionPool.idleTimeout = .seconds(30)
            client = HTTPClient(
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                configuration: configuration
            )
        }
    }

    /// Closes connections; nothing is read afterwards.
    func shutDown() async throws { try await client?.shutdown() }

    func read() async throws(TokensError) -> [UInt8] {
        switch source {
        case .file(let path):
            do {
                return try await NIOThreadPool.singleton.runIfActive {
                    try LocalVolume().readFile(path, bytesMax: KeySet.bytesMax)
                }
            } catch {
                throw .unreadable(source, reason: "\(error)")
            }
        case .url(let url): return try await fetch(url)
        }
    }

    private func fetch(_ url: String) async throws(TokensError) -> [UInt8] {
        guard let client else { return [] }
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/jwk-set+json, application/json")
        request.headers.add(name: "User-Agent", value: "goalpost")
        let status: UInt
        do {
            let response = try await client.execute(request, timeout: .seconds(Self.answerSecondsMax))
            status = response.status.code
            if status == 200 {
                let body = try await response.body.collect(upTo: KeySet.bytesMax)
                return Array(body.readableBytesView)
            }
        } catch is NIOTooManyBytesError {
            throw .unreadable(source, reason: "it has more than \(KeySet.bytesMax) bytes")
        } catch {
            throw .unreadable(source, reason: Self.reason(error))
        }
        throw .unreadable(source, reason: "it answers with status \(status) instead of 200")
    }

    /// What went wrong, without the request, whose URL may hold secrets.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: "\(error.shortDescription)"
        case let error as NIOConnectionError: "no connection to \(error.host):\(error.port)"
        default: "\(error)"
        }
    }
}
