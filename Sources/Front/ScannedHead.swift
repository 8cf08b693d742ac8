import NIOHTTP1

/// What the connection and the answer need of a request's head, read in one pass over its fields.
struct ScannedHead {
    /// The request as ``FrontAnswerer`` takes it.
    private(set) var request: FrontRequest
    /// How many lines name the host.
    private(set) var hostCount = 0
    /// The declared length of the body in bytes; `nil` where none is declared.
    private(set) var contentLength: Int?
    /// A body in chunks follows.
    private(set) var isChunked = false
    /// The client waits for `100 Continue` before it sends the body.
    private(set) var expectsContinue = false
    /// The client wants another protocol, after which nothing more of this one can be read.
    private(set) var wantsUpgrade = false
    let isKeepAlive: Bool
    /// The version is 1.0, where keeping the connection has to be said.
    let isOldVersion: Bool

    init(_ head: HTTPRequestHead) {
        request = FrontRequest(method: head.method.rawValue, target: head.uri)
        isOldVersion = head.version.minor == 0
        isKeepAlive = head.isKeepAlive
        wantsUpgrade = head.method == .CONNECT
        for (name, value) in head.headers { read(name, Self.trimmed(value)) }
        // HTTP/1.0 knows no interim answers.
        if isOldVersion { expectsContinue = false }
    }

    private mutating func read(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 4 where Self.isSame(name, "host"): hostCount += 1
        case 6 where Self.isSame(name, "expect"):
            expectsContinue = expectsContinue || Self.isSame(value, "100-continue")
        case 7 where Self.isSame(name, "upgrade"): wantsUpgrade = true
        case 13 where Self.isSame(name, "authorization"): request.authorization.append(value)
        case 13 where Self.isSame(name, "if-none-match"): request.ifNoneMatch.append(value)
        case 14 where Self.isSame(name, "content-length"): contentLength = Int(value) ?? .max
        case 14 where Self.isSame(name, PlayerIdentity.headerName): request.player.append(value)
        case 15 where Self.isSame(name, "accept-encoding"): request.acceptEncoding.append(value)
        case 17 where Self.isSame(name, "if-modified-since"): request.ifModifiedSince.append(value)
        case 17 where Self.isSame(name, "transfer-encoding"): isChunked = true
        case 20 where Self.isSame(name, "available-dictionary"): request.availableDictionary.append(value)
        default: break
        }
    }

    /// The value without the white space behind it, which the decoder leaves there and which is no part of it.
    private static func trimmed(_ value: String) -> String {
        guard let last = value.utf8.last, last == 32 || last == 9 else { return value }
        let kept = value.utf8.reversed().drop { $0 == 32 || $0 == 9 }.reversed()
        return String(decoding: Array(kept), as: UTF8.self)
    }

    /// Whether `text` is `lower`, a lower-case name, in any case of ASCII.
    static func isSame(_ text: String, _ lower: String) -> Bool {
        let (left, right) = (text.utf8.span, lower.utf8.span)
        guard left.count == right.count else { return false }
        for index in left.indices {
            let (byte, expected) = (left[index], right[index])
            guard byte == expected || (byte >= 65 && byte <= 90 && byte | 32 == expected) else {
                return false
            }
        }
        return true
    }
}
