/// What one client, and all together, may take; every value has its setting.
package struct FrontLimits: Sendable, Equatable {
    /// Connections served at once.
    ///
    /// Up to ``refusalsMax`` further ones are answered 503 and closed; still further ones wait in the kernel's
    /// queue until others have gone.
    package var connectionsMax = 8192
    /// Bytes of a request's target and header fields.
    package var headerBytesMax = 16 << 10
    /// Bytes of a request's body.
    package var bodyBytesMax = 1 << 20
    /// How long a connection may lie without a request, in seconds.
    package var idleSeconds = 60
    /// How long a request may take to arrive, from its first byte, in seconds.
    package var requestSeconds = 10
    /// How long a client may take no byte of what waits for it, in seconds.
    package var writeSeconds = 60

    /// Requests that may be under way at once on one connection of HTTP/2.
    package var streamsMax = 100

    package init() {}

    /// Bytes of fields that an HTTP/2 client may have kept for its next requests.
    package static let headerTableBytesMax = 4096
    /// Header fields of a request.
    package static let headerFieldsMax = 100
    /// Connections above ``connectionsMax`` that are being told so at the same time.
    package static let refusalsMax = 64
    /// How long a connection that was closed for writing is kept to take what the client still sends, so that
    /// the client reads the answer instead of a reset; in seconds.
    package static let lingerSeconds = 2
    /// How often the TLS certificate and key are looked at, in seconds.
    package static let certificateCheckSeconds = 5
    /// Most bytes read from a connection at once, which bounds the requests that can wait on it.
    package static let readBytesMax = 8 << 10
}
