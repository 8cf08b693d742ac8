/// How a request's player is known; the step where verified tokens come in.
package enum PlayerIdentity: Sendable {
    /// No way is set up, so that no player is ever known: every player's route answers 401.
    case none
    /// A signed token says who it is.
    case tokens
    /// A header says who it is and is believed; only for a front that listens on loopback.
    case insecureHeader

    /// The header that names the player under ``insecureHeader``.
    package static let headerName = "x-mock-user-id"
    /// Most Unicode scalars of a player's id.
    package static let scalarsMax = 100
    /// Most UTF-8 bytes of a player's id: a scalar takes four at most.
    package static let bytesMax = 4 * scalarsMax

    /// The player's id as UTF-8, never normalised: two spellings of one name are two players.
    ///
    /// - Throws: ``Problem``: `UNAUTHORIZED` when nobody is named, `INVALID_REQUEST` when the name cannot be one.
    package func player(of request: FrontRequest) throws(Problem) -> [UInt8] {
        switch self {
        case .none, .tokens:
            throw Self.unauthorized("This front knows no way to tell who asks; it was started without one.")
        case .insecureHeader:
            guard let first = request.player.first else {
                throw Self.unauthorized("Say who asks in the header \(Self.headerName).")
            }
            guard request.player.count == 1 else {
                throw Problem(.invalidRequest, "The header \(Self.headerName) is there more than once.")
            }
            return try Self.checked(first)
        }
    }

    private static func unauthorized(_ detail: String) -> Problem {
        Problem(.unauthorized, detail, fields: [.init("WWW-Authenticate", "Bearer")])
    }

    /// The id's bytes, where it can be a player's.
    static func checked(_ id: String) throws(Problem) -> [UInt8] {
        guard !id.isEmpty else { throw Problem(.invalidRequest, "The player's id is empty.") }
        let bytes = Array(id.utf8)
        // Nearly all ids are short and plain.
        if bytes.count <= scalarsMax, bytes.allSatisfy({ $0 > 0 && $0 < 0x80 }) { return bytes }
        // Bytes first: counting the scalars of a huge header is work for nothing.
        guard bytes.count <= bytesMax, id.unicodeScalars.count <= scalarsMax else {
            throw Problem(.invalidRequest, "The player's id has more than \(scalarsMax) characters.")
        }
        // The HTTP decoder puts U+FFFD where a header is not UTF-8, so that two broken ids could become one.
        guard !id.unicodeScalars.contains(where: { $0 == "\u{FFFD}" || $0 == "\u{0}" }) else {
            throw Problem(.invalidRequest, "The player's id is not valid UTF-8.")
        }
        return bytes
    }
}
