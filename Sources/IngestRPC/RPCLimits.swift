/// What a gRPC caller may use of the server.
package enum RPCLimits {
    /// Bytes of a request message: 4 MiB, as other servers have it.
    package static let messageBytesMax = 4 << 20
    /// Events of one `AppendRequest`.
    package static let eventsMax = 16_384
    /// Calls at once over one connection: the platform's sidecar makes up to 500.
    static let streamsMax = 512
    /// Bytes that a connection or a call may send ahead of being read.
    static let windowBytes = 1 << 20
    /// How long a connection without calls is kept.
    static let idle = Duration.seconds(300)
    /// How often a client may ask whether the server is there.
    static let pingInterval = Duration.seconds(10)
}
