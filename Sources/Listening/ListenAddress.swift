/// Where a server listens: `HOST:PORT`, an IPv6 host in brackets.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is no address.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case malformed(String)

        package var description: String {
            switch self {
            case .malformed(let text):
                "listen address \(text.debugDescription) is not HOST:PORT; "
                    + "write for example 127.0.0.1:8480, [::1]:8480 or 0.0.0.0:80 (ports 0 to 65535, 0 takes a free one)"
            }
        }
    }

    /// An address or name, without brackets.
    package let host: String
    /// 0 to 65,535; 0 lets the system choose.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init(_ text: String) throws(Failure) {
        guard let colon = text.lastIndex(of: ":") else { throw .malformed(text) }
        let digits = text[text.index(after: colon)...]
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") {
            host = host.dropFirst().dropLast()
        } else if host.contains(where: { ":[]".contains($0) }) {
            throw .malformed(text)
        }
        let isNumber =
            !digits.isEmpty && digits.utf8.count <= 5 && digits.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
        guard isNumber, let port = Int(digits), port <= 65_535, !host.isEmpty, !host.contains("/"),
            !host.contains(where: \.isWhitespace)
        else { throw .malformed(text) }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this machine can reach it: an address of 127.0.0.0/8 or `::1`.
    ///
    /// A name is not believed, whatever it is: what it resolves to is not for this process to say.
    package var isLoopback: Bool {
        if host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "127" else { return false }
        return parts.allSatisfy { part in
            part.utf8.count <= 3 && part.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
                && Int(part).map { $0 <= 255 } == true
        }
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
