/// What became of a player's request, as it is published.
package struct PublishedOutcome: Hashable, Sendable {
    /// Most outcomes that are kept of a player.
    package static let countMax = 64
    /// Most bytes of a key or an errorCode.
    package static let textBytesMax = 255

    /// The text that the tables know the request by.
    package let key: [UInt8]
    /// Why it was rejected; nil where it was applied.
    package let errorCode: String?
    /// The request's time, in microseconds since 1970.
    package let decidedAt: Int64

    package init(key: [UInt8], errorCode: String?, decidedAt: Int64) {
        self.key = key
        self.errorCode = errorCode
        self.decidedAt = decidedAt
    }
}
