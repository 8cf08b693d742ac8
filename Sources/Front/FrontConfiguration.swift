package import Listening

/// What a front needs to know; validated by whoever reads settings and options.
package struct FrontConfiguration: Sendable {
    /// The payload store's directory.
    package var storeDirectory: String
    /// The file that jobs leave their status in; `nil` shows only what the store says.
    package var statusFile: String?
    package var listen: ListenAddress
    package var identity: PlayerIdentity
    /// How far apart publishes are, in seconds; ``Freshness`` makes `max-age` of it.
    package var publishSeconds: Int
    /// `/readyz` fails when the last publish is older, in seconds; 0 lets it be of any age.
    package var readySeconds: Int
    /// Where writes go, for the people who send them here.
    package var ingestURL: String
    /// File that gets `HOST:PORT` once the front listens; `nil` for none.
    package var portFile: String?
    package var limits: FrontLimits
    /// File of the operator's token; `nil` for none.
    package var operatorTokenFile: String?
    /// How tokens are checked; only with the identity `tokens`.
    package var tokens: TokenConfiguration?
    /// Where certificate and key lie; `nil` serves HTTP/1.1 without TLS.
    package var tls: TLSCredentials.Files?
    /// Whether players' answers are given on the event loop, as they should be; tests switch it off to compare.
    package var answersOnEventLoop = true

    package init(
        storeDirectory: String,
        statusFile: String? = nil,
        listen: ListenAddress,
        identity: PlayerIdentity = .none,
        publishSeconds: Int = 30,
        readySeconds: Int = 0,
        ingestURL: String = "goalpost-ingest",
        portFile: String? = nil,
        limits: FrontLimits = FrontLimits(),
        operatorTokenFile: String? = nil,
        tokens: TokenConfiguration? = nil,
        tls: TLSCredentials.Files? = nil
    ) {
        self.storeDirectory = storeDirectory
        self.statusFile = statusFile
        self.listen = listen
        self.identity = identity
        self.publishSeconds = publishSeconds
        self.readySeconds = readySeconds
        self.ingestURL = ingestURL
        self.portFile = portFile
        self.limits = limits
        self.operatorTokenFile = operatorTokenFile
        self.tokens = tokens
        self.tls = tls
    }

    /// Refuses what must never run: believing headers from other machines.
    package func validate() throws(Failure) {
        guard case .insecureHeader = identity else { return }
        guard listen.isLoopback else { throw .insecureOffLoopback(listen) }
        guard tokens == nil else { throw .twoIdentities }
    }

    /// A combination of settings that is refused before anything listens.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case insecureOffLoopback(ListenAddress)
        /// Tokens would be there, and a header would be believed.
        case twoIdentities

        package var description: String {
            switch self {
            case .insecureOffLoopback(let address):
                "--insecure-header-auth lets anybody who reaches \(address) be any player, so it is only allowed "
                    + "on loopback: listen on 127.0.0.1:PORT or [::1]:PORT, or leave the option away"
            case .twoIdentities:
                "token_keys is set, so tokens say who asks: leave --insecure-header-auth away, or unset token_keys"
            }
        }
    }
}
