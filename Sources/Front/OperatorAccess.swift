import Listening
package import NIOCore

/// Who may see the front's own figures: this machine, and whoever has the operator's token.
package struct OperatorAccess: Sendable {
    /// A shorter token is refused: it could be guessed.
    package static let tokenBytesMin = 16
    /// A longer file is no token.
    package static let fileBytesMax = 4096

    /// Why there is no token where one should be.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "operator token file \(path) cannot be used: \(reason)" }
    }

    private let token: [UInt8]?

    /// Lets in this machine only.
    package init() { token = nil }

    /// Takes the token from a file: its text without the white space around it.
    package init(tokenFile path: String) throws(Failure) {
        let text = try Self.read(path)
        let isBlank: (UInt8) -> Bool = { $0 == 32 || ($0 >= 9 && $0 <= 13) }
        let token = Array(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        guard token.count >= Self.tokenBytesMin else {
            throw Failure(
                path: path,
                reason: "it holds less than \(Self.tokenBytesMin) characters; write more"
            )
        }
        guard token.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw Failure(path: path, reason: "it holds other characters than printable ASCII without blanks")
        }
        self.token = token
    }

    /// Returns where a request may go on.
    ///
    /// - Parameters:
    ///   - peer: Where the connection comes from.
    ///   - isForwarded: Whether a field says that a proxy stands between, so that `peer` is only the proxy.
    ///   - authorization: Lines of `Authorization`.
    /// - Throws: ``Problem``: `FORBIDDEN`, or `UNAUTHORIZED` where a token would help.
    package func check(peer: SocketAddress?, isForwarded: Bool, authorization: [String]) throws(Problem) {
        if !isForwarded, let peer, Self.isLoopback(peer) { return }
        guard let token else {
            throw Problem(.forbidden, "This is shown on the front's own machine only.")
        }
        guard authorization.count == 1, let given = Self.bearer(authorization[0]),
            Self.isEqual(Array(given.utf8), token)
        else {
            throw Problem(
                .unauthorized,
                "This needs the operator's token.",
                fields: [.init("WWW-Authenticate", "Bearer realm=\"operator\"")]
            )
        }
    }

    private static func isLoopback(_ peer: SocketAddress) -> Bool {
        guard let address = peer.ipAddress else { return false }
        let mapped = "::ffff:"
        let host = address.hasPrefix(mapped) ? String(address.dropFirst(mapped.count)) : address
        return ListenAddress(host: host, port: 0).isLoopback
    }

    private static func bearer(_ line: String) -> Substring? {
        let parts = line.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? parts[1] : nil
    }

    /// Compares without telling by its time where two texts differ.
    private static func isEqual(_ given: [UInt8], _ token: [UInt8]) -> Bool {
        var difference = given.count ^ token.count
        for index in token.indices {
            difference |= Int(token[index] ^ (index < given.count ? given[index] : 0))
        }
        return difference == 0
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        do throws(BoundedFile.Failure) {
            return try BoundedFile.read(path, bytesMax: fileBytesMax)
        } catch {
            switch error {
            case .absent: throw Failure(path: path, reason: "there is no such file")
            case .tooLarge: throw Failure(path: path, reason: "it has more than \(fileBytesMax) bytes")
            case .unreadable(let reason): throw Failure(path: path, reason: reason)
            }
        }
    }
}
