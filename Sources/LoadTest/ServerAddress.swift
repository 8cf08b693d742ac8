import Glibc
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix

extension HostPort {
    /// The socket address of the host's first one; throws `unreachable` where the name cannot be resolved.
    func resolved(server: String) throws(LoadTestError) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw .unreachable(server: server, address: text, reason: NetworkWords.of(error))
        }
    }
}

/// Says in plain words why a server could not be reached.
enum NetworkWords {
    static func of(_ error: any Error) -> String {
        switch error {
        case is SocketAddressError, is SocketAddressError.UnknownHost: "its host is not known"
        case ChannelError.connectTimeout: "no answer in time"
        case ChannelError.eof: "it closed the connection"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { of($0.error) } ?? "its host is not known"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is any NIOHTTP2Error: "it does not speak HTTP/2"
        case is HTTPParserError: "it does not speak HTTP"
        default: "\(error)"
        }
    }
}
