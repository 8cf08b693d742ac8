import Foundation
import Glibc
import Testing

/// A connection to a server as bytes, with a deadline on everything.
final class Wire: Sendable {
    /// How long a test waits for what must come.
    static let patience = Duration.seconds(30)

    private let descriptor: Int32

    /// Connects to `HOST:PORT`, an IPv4 address.
    ///
    /// A small `receiveBytes` keeps the system from taking much on behalf of a client that does not read.
    init(_ address: String, receiveBytes: Int32? = nil) throws {
        let parts = address.split(separator: ":")
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        if var receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(try #require(UInt16(parts[1]))).bigEndian
        inet_pton(AF_INET, String(parts[0]), &target.sin_addr)
        let result = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0, "connect: \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// Sends all of `text`; false when the other side has gone.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Says that nothing more will be sent.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// All bytes until the other side ends, or a reset: then `wasReset` is true.
    func readToEnd() throws -> (bytes: [UInt8], wasReset: Bool) {
        try #require(try readToEndInTime(), "the connection did not end in time")
    }

    /// The same, `nil` when there is no end in time.
    func readToEndInTime() throws -> (bytes: [UInt8], wasReset: Bool)? {
        var bytes: [UInt8] = []
        let deadline = ContinuousClock.now + Self.patience
        while true {
            switch read(upTo: 1 << 20, deadline) {
            case .bytes(let more): bytes += more
            case .end: return (bytes, false)
            case .reset: return (bytes, true)
            case .late: return nil
            }
        }
    }

    /// Bytes until there are `count` of them.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let deadline = ContinuousClock.now + Self.patience
        while bytes.count < count {
            let got = read(upTo: count - bytes.count, deadline)
            if case .late = got { Issue.record("nothing came in time") }
            guard case .bytes(let more) = got else { return bytes }
            bytes += more
        }
        return bytes
    }

    /// Whether nothing comes, not even an end, for a while.
    func isSilent(_ duration: Duration) throws -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, Int32(duration / .milliseconds(1))) == 0
    }

    /// One response: its head and as much body as it declares.
    func response(to method: String = "GET") throws -> WireResponse {
        var head: [UInt8] = []
        while !head.ends(with: Array("\r\n\r\n".utf8)) {
            let next = try read(1)
            try #require(
                next.count == 1,
                "the connection ended inside a head: \(String(decoding: head, as: UTF8.self))"
            )
            head += next
        }
        var response = try WireResponse(head: head)
        if method != "HEAD", response.status != 304, response.status >= 200 {
            response.body = try read(Int(response["content-length"] ?? "") ?? 0)
        }
        return response
    }

    private enum Got { case bytes([UInt8]), end, reset, late }

    private func read(upTo count: Int, _ deadline: ContinuousClock.Instant) -> Got {
        let left = max(.zero, deadline - .now)
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds =
            left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        guard poll(&wanted, 1, Int32(milliseconds)) > 0 else { return .late }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &buffer, count, 0)
        if got < 0 { return .reset }
        return got == 0 ? .end : .bytes(Array(buffer[..<got]))
    }
}

/// A response as it came over the wire.
struct WireResponse {
    let status: Int
    /// Names as sent, in order.
    let fields: [(name: String, value: String)]
    var body: [UInt8] = []

    init(head: [UInt8]) throws {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let first = try #require(lines.first)
        try #require(first.hasPrefix("HTTP/1.1 "), "\(first)")
        status = try #require(Int(first.split(separator: " ")[1]))
        fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
        }
    }

    /// The value of a field by lower-case name.
    subscript(_ name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }

    /// What a problem says programs should switch on.
    var errorCode: String? {
        get throws {
            let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            return object?["errorCode"] as? String
        }
    }
}

extension Array where Element == UInt8 {
    func ends(with other: [UInt8]) -> Bool {
        count >= other.count && suffix(other.count).elementsEqual(other)
    }
}
