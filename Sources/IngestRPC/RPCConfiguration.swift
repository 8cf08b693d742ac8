package import Certificates
package import Goals
package import Listening
package import Tokens

/// What the gRPC side of ingest needs to know.
package struct RPCConfiguration: Sendable {
    package var listen: ListenAddress
    /// Which services may write.
    package var services: ServiceAccess
    /// Speaks TLS with it; nil speaks plain HTTP/2.
    package var certificate: ServerCertificate?
    /// PEM file of the authorities of which a client has to show a certificate (mTLS); nil asks for none.
    package var clientAuthorityFile: String?
    /// Clients connected at once.
    package var connectionsMax: Int
    package var portFile: String?
    package var now: @Sendable () -> Timestamp

    package init(
        listen: ListenAddress,
        services: ServiceAccess,
        certificate: ServerCertificate? = nil,
        clientAuthorityFile: String? = nil,
        connectionsMax: Int = 1024,
        portFile: String? = nil,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.listen = listen
        self.services = services
        self.certificate = certificate
        self.clientAuthorityFile = clientAuthorityFile
        self.connectionsMax = connectionsMax
        self.portFile = portFile
        self.now = now
    }
}
