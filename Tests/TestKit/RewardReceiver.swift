import Foundation
import Glibc
import Synchronization

/// A webhook of the test's own on a free port of this machine: remembers requests and answers as it is told.
package final class RewardReceiver: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let path: String
        /// By lower-case name.
        package let headers: [String: String]
        package let body: String

        package var key: String { headers["idempotency-key"] ?? "" }
    }

    package enum Reaction: Sendable {
        case answer(status: Int, body: String = "")
        /// Closes the connection without an answer.
        case cut
        /// Keeps the connection and never answers.
        case silence
    }

    private let listener: Int32
    private let taken = Mutex<[Request]>([])
    private let react: @Sendable (Request, _ number: Int) -> Reaction
    private let port: UInt16

    /// `react` gets each request and how many came before it; it runs on a thread of its own, so it may block.
    package init(_ react: @escaping @Sendable (Request, Int) -> Reaction) throws {
        self.react = react
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard listener >= 0, isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [self] in serve() }
        thread.start()
    }

    package var url: String { "http://127.0.0.1:\(port)/secret-path" }
    package var requests: [Request] { taken.withLock { $0 } }
    /// How often each key came.
    package var keys: [String: Int] { Dictionary(requests.map { ($0.key, 1) }, uniquingKeysWith: +) }

    /// Ends the listener.
    package func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        defer { Glibc.close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            let thread = Thread { [self] in answer(connection) }
            thread.start()
        }
    }

    private func answer(_ connection: Int32) {
        guard let request = Self.read(connection) else {
            Glibc.close(connection)
            return
        }
        let number = taken.withLock {
            $0.append(request)
            return $0.count - 1
        }
        switch react(request, number) {
        case .answer(let status, let body):
            let head =
                "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
            // 204 has no body and no length.
            let text = status == 204 ? "HTTP/1.1 204 X\r\nConnection: close\r\n\r\n" : head + body
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = Array(rest).withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            Glibc.close(connection)
        case .cut:
            // Also where a child of another test holds the descriptor for a moment.
            shutdown(connection, Int32(SHUT_RDWR))
            Glibc.close(connection)
        case .silence:
            // Until the other side gives up.
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
            Glibc.close(connection)
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let lines = text[..<end.lowerBound].split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] =
                        parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
                }
                let body = text[end.upperBound...]
                if body.utf8.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 {
                    let words = lines[0].split(separator: " ")
                    return Request(
                        method: String(words[0]),
                        path: String(words[1]),
                        headers: headers,
                        body: String(body)
                    )
                }
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }
}
