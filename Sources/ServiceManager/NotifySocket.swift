internal import Glibc

/// A unix datagram socket to which messages go, by path or by abstract name.
struct NotifySocket: Sendable {
    /// As it stands in the environment: a path, or `@` and an abstract name.
    let text: String
    /// The bytes of `sun_path`: a leading zero makes a name abstract.
    private let path: [UInt8]

    init(_ text: String) throws(ServiceManagerError) {
        self.text = text
        var bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"), bytes.count > 1 else {
            throw .badVariable("NOTIFY_SOCKET", text, wanted: "an absolute path or @ and an abstract name")
        }
        if bytes[0] == UInt8(ascii: "@") {
            // The length tells where an abstract name ends: a zero would belong to it.
            bytes[0] = 0
        } else {
            bytes.append(0)
        }
        guard bytes.count <= Self.pathBytesMax else {
            throw .badVariable("NOTIFY_SOCKET", text, wanted: "at most \(Self.pathBytesMax) bytes long")
        }
        path = bytes
    }

    /// Room in `sun_path`, with the zero that ends a path.
    private static let pathBytesMax = 108
    private static let pathOffset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2

    /// Sends `message` as one datagram; throws at once where the receiver is gone or its queue is full.
    func send(_ message: String) throws(ServiceManagerError) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let length = socklen_t(Self.pathOffset + path.count)
        let bytes = Array(message.utf8)
        while true {
            let sent = unsafe withUnsafePointer(to: &address) { address in
                unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                    return unsafe sendto(descriptor, bytes, bytes.count, flags, address, length)
                }
            }
            if sent == bytes.count { return }
            guard errno == EINTR else { throw failure() }
        }
    }

    private func failure() -> ServiceManagerError {
        .cannotSend(socket: text, reason: unsafe String(cString: strerror(errno)))
    }
}
