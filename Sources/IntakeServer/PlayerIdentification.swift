package import Goals
package import HTTPTypes

/// How a request's player is known: the edge where verified tokens come in.
package protocol PlayerIdentification: Sendable {
    /// Whether only programs of this machine may reach a server that believes it.
    var isLoopbackOnly: Bool { get }

    /// The player that a request's header fields prove, as UTF-8, never normalised.
    ///
    /// - Throws: ``IngestProblem``: `UNAUTHORIZED` where nobody is proven, `INVALID_REQUEST` for an id that cannot
    ///   be one.
    func player(of fields: HTTPFields) async throws(IngestProblem) -> Identifier
}

/// No way is set up: every player's route answers 401.
package struct NoPlayers: PlayerIdentification {
    package let isLoopbackOnly = false

    package init() {}

    package func player(of fields: HTTPFields) async throws(IngestProblem) -> Identifier {
        throw IngestProblem(
            .unauthorized,
            "This server knows no way to tell which player asks; it was started without one.",
            fields: [HTTPField(name: .wwwAuthenticate, value: "Bearer")]
        )
    }
}

/// A header says who it is and is believed; only for tests and demonstrations on one machine.
package struct InsecureHeaderPlayers: PlayerIdentification {
    package static let headerName = "x-mock-user-id"

    package let isLoopbackOnly = true
    private let name: HTTPField.Name?

    package init() { name = HTTPField.Name(Self.headerName) }

    package func player(of fields: HTTPFields) async throws(IngestProblem) -> Identifier {
        let values = name.map { fields[values: $0] } ?? []
        guard let id = values.first else {
            throw IngestProblem(
                .unauthorized,
                "Say who asks in the header \(Self.headerName).",
                fields: [HTTPField(name: .wwwAuthenticate, value: "Bearer")]
            )
        }
        let scalars = id.unicodeScalars
        guard values.count == 1, id.utf8.count <= 4 * Identifier.scalarsMax, !scalars.isEmpty,
            scalars.count <= Identifier.scalarsMax,
            !scalars.contains(where: { $0 == "\u{FFFD}" || $0 == "\u{0}" })
        else {
            throw IngestProblem(
                .invalidRequest,
                "The header \(Self.headerName) has to be there once, with 1 to \(Identifier.scalarsMax) characters."
            )
        }
        return Identifier(id)
    }
}
