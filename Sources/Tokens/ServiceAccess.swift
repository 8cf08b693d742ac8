import Crypto
import Glibc

/// Which services may write events: those with a token from a file, or all programs of this machine.
package struct ServiceAccess: Sendable {
    /// A longer file is no list of tokens.
    package static let fileBytesMax = 1 << 20

    /// Why the file cannot be used.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "token file \(path) cannot be used: \(reason)" }
    }

    /// SHA-256 of each token; nil lets everybody in who can connect.
    private let hashes: Set<[UInt8]>?

    /// Lets in whoever connects; for a server on loopback.
    package init() { hashes = nil }

    /// Takes hashes from a file: 64 hex digits a line, then what the operator likes to note; `#` begins a comment.
    package init(tokenFile path: String) throws(Failure) {
        var hashes: Set<[UInt8]> = []
        let text = String(decoding: try Self.read(path), as: UTF8.self)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let word = words.first, !word.hasPrefix("#") else { continue }
            guard let hash = Self.hash(hex: word) else {
                throw Failure(
                    path: path,
                    reason: "line \(index + 1) does not begin with 64 hex digits (SHA-256)"
                )
            }
            hashes.insert(hash)
        }
        guard !hashes.isEmpty else { throw Failure(path: path, reason: "it holds no hash") }
        self.hashes = hashes
    }

    /// Whether a token is asked for.
    package var asksForToken: Bool { hashes != nil }

    /// Whether these lines of `Authorization` let a request in.
    package func allows(_ authorization: [String]) -> Bool {
        guard let hashes else { return true }
        guard authorization.count == 1 else { return false }
        let parts = authorization[0].split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        // Compared by hash: how long that takes says nothing of a token.
        return hashes.contains(Array(SHA256.hash(data: Array(parts[1].utf8))))
    }

    private static func hash(hex: Substring) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: fileBytesMax + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
            if got == 0 { return Array(bytes[..<count]) }
            count += got
        }
        throw Failure(path: path, reason: "it has more than \(fileBytesMax) bytes")
    }
}
