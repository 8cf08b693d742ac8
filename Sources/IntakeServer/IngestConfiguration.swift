package import Certificates
package import Goals
package import Listening

/// What the HTTP side of ingest needs to know.
package struct IngestConfiguration: Sendable {
    package var listen: ListenAddress
    package var namespace: Identifier
    package var players: any PlayerIdentification
    /// Hashes of the services' tokens; without a file they need none, and the server listens on loopback only.
    package var tokenFile: String?
    /// Speaks TLS with it; nil speaks plain HTTP.
    package var certificate: ServerCertificate?
    /// PEM file of authorities: a service may show a certificate of one instead of a token.
    package var clientAuthorityFile: String?
    package var portFile: String?
    /// The log's directory, in which the socket for programs of the log's owner lies; without it there is none.
    package var logDirectory: String?
    /// Writes a second that a player may do on the long run.
    package var playerWritesPerSecond: Int
    /// Writes that a player may do at once.
    package var playerWritesBurst: Int
    /// Clients connected at once.
    package var connectionsMax: Int
    package var now: @Sendable () -> Timestamp

    package init(
        listen: ListenAddress,
        namespace: Identifier,
        players: any PlayerIdentification,
        tokenFile: String? = nil,
        certificate: ServerCertificate? = nil,
        clientAuthorityFile: String? = nil,
        portFile: String? = nil,
        logDirectory: String? = nil,
        playerWritesPerSecond: Int = 10,
        playerWritesBurst: Int = 20,
        connectionsMax: Int = 1024,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.listen = listen
        self.namespace = namespace
        self.players = players
        self.tokenFile = tokenFile
        self.certificate = certificate
        self.clientAuthorityFile = clientAuthorityFile
        self.portFile = portFile
        self.logDirectory = logDirectory
        self.playerWritesPerSecond = playerWritesPerSecond
        self.playerWritesBurst = playerWritesBurst
        self.connectionsMax = connectionsMax
        self.now = now
    }
}
