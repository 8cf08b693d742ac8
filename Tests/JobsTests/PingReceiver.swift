import Foundation
import Glibc
import Synchronization

/// A watchdog of the test's own: takes HTTP requests on a free port of this machine and remembers them.
final class PingReceiver: Sendable {
    struct Ping: Equatable, Sendable {
        let method: String
        let path: String
        let body: String
    }

    private let listener: Int32
    private let taken = Mutex<[Ping]>([])
    private let status: Int
    let port: UInt16

    /// Answers with `status`; 0 never answers.
    init(status: Int = 200) throws {
        self.status = status
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard listener >= 0, isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [self] in serve() }
        thread.start()
    }

    var url: String { "http://127.0.0.1:\(port)/secret-key" }
    var pings: [Ping] { taken.withLock { $0 } }

    /// Ends the listener.
    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        defer { Glibc.close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            if let ping = Self.read(connection) { taken.withLock { $0.append(ping) } }
            // One that never answers keeps its connections for the rest of the process.
            guard status > 0 else { continue }
            let answer = Array("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
            _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
            Glibc.close(connection)
        }
    }

    private static func read(_ connection: Int32) -> Ping? {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound]
                let length =
                    head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
                let body = text[end.upperBound...]
                if body.utf8.count >= length {
                    let words = head.split(separator: " ")
                    return Ping(method: String(words[0]), path: String(words[1]), body: String(body))
                }
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }
}
