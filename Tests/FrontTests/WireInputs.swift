import TestKit

/// Makes what clients might send, from good requests to noise.
enum WireInputs {
    private static let targets = [
        "/challenge/v1/challenges/initialize", "/challenge/v1/challenges",
        "/challenge/v1/challenges?active_only=true", "/nothing", "*", "/\u{FF}",
        "http://h/challenge/v1/challenges",
    ]
    private static let fields = [
        "Host: h", "x-mock-user-id: p1", "x-mock-user-id: p2", "Connection: close", "Connection: keep-alive",
        "Content-Length: 0", "Content-Length: 4", "Content-Length: 99999999999", "Transfer-Encoding: chunked",
        "Accept-Encoding: gzip", "Accept-Encoding: zstd;q=0.5", "If-None-Match: *", "Expect: 100-continue",
        "Upgrade: h2c", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT", "Cookie: a=b", " folded",
        "bad field",
        "X:", ": y", "Available-Dictionary: :AAAA:",
    ]
    private static let methods = ["GET", "HEAD", "POST", "GET", "GET", "PUT", "PRI", "get", "CONNECT", ""]
    private static let ends = ["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"]

    /// What one connection sends, a piece at a time: often the same request again.
    static func connection(_ random: inout SplitMix64) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            if let last = pieces.last, Int.random(in: 0..<3, using: &random) > 0 {
                pieces.append(last)
            } else {
                pieces.append(piece(&random))
            }
        }
        return pieces
    }

    /// The same bytes, each piece ending a few bytes earlier or later than it did.
    static func recut(_ pieces: [[UInt8]], _ random: inout SplitMix64) -> [[UInt8]] {
        var rest = pieces.flatMap { $0 }[...]
        var recut: [[UInt8]] = []
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...97, using: &random))
            recut.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return recut
    }

    private static func piece(_ random: inout SplitMix64) -> [UInt8] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            return (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
        case 1...4: return request(&random, wild: false)
        case 5...6: return request(&random, wild: true)
        case 7: return request(&random, wild: false) + request(&random, wild: false)
        case 8:
            // Cut anywhere, or with a byte changed.
            var bytes = request(&random, wild: false)
            let place = Int.random(in: 0..<bytes.count, using: &random)
            if Bool.random(using: &random) { return Array(bytes[..<place]) }
            bytes[place] = UInt8.random(in: 0...255, using: &random)
            return bytes
        default: return flood(&random)
        }
    }

    private static func request(_ random: inout SplitMix64, wild: Bool) -> [UInt8] {
        let end = wild ? ends[Int.random(in: 0..<ends.count, using: &random)] : "\r\n"
        let method = methods[Int.random(in: 0..<(wild ? methods.count : 3), using: &random)]
        let target = targets[Int.random(in: 0..<(wild ? targets.count : 3), using: &random)]
        var text = "\(method) \(target) HTTP/1.\(Int.random(in: 0..<10, using: &random) == 0 ? 0 : 1)\(end)"
        if !wild { text += "Host: h\r\nx-mock-user-id: p\(Int.random(in: 1...3, using: &random))\r\n" }
        for _ in 0..<Int.random(in: 0...(wild ? 8 : 2), using: &random)
        where wild || Bool.random(using: &random) {
            text += fields[Int.random(in: 0..<fields.count, using: &random)] + end
        }
        text += end
        if Int.random(in: 0..<8, using: &random) == 0 {
            text +=
                ["abcd", "\r\n\r\n", "0\r\n\r\n", "4\r\nabcd\r\n0\r\n\r\n"][
                    Int.random(in: 0..<4, using: &random)
                ]
        }
        return Array(text.utf8)
    }

    /// Too many fields, or one too long.
    private static func flood(_ random: inout SplitMix64) -> [UInt8] {
        let count = Int.random(in: 50...300, using: &random)
        let field =
            Int.random(in: 0..<2, using: &random) == 0
            ? "a: b\r\n" : "a: \(String(repeating: "x", count: 90))\r\n"
        return Array("GET / HTTP/1.1\r\nHost: h\r\n".utf8)
            + Array(String(repeating: field, count: count).utf8)
    }
}
