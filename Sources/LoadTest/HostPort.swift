/// A server's place: host and port.
package struct HostPort: Sendable, Equatable, Codable {
    package let host: String
    /// 1 to 65,535.
    package let port: Int

    /// Reads `HOST:PORT`, also behind `http://`, an IPv6 host in brackets; nil for anything else.
    package init?(_ text: String) {
        var rest = Substring(text.trimmingPrefix("http://"))
        if rest.hasSuffix("/") { rest.removeLast() }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("/"), !host.contains(where: \.isWhitespace) else { return nil }
        self.host = String(host)
        self.port = port
    }

    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
