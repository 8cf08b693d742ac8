package import NIOCore
package import PayloadStore

/// The player's request that a connection sent last, in the bytes it came in: sent again, it is known unread.
///
/// A client that keeps its connection sends the same bytes again and again. The same bytes are the same request
/// wherever a request may begin, and that is where a decoder stands that has ended a message with the last byte it
/// was given. Nothing is parsed here: what bytes mean is what NIO's decoder once said of them.
package struct RepeatedRequest {
    /// A longer request is read each time.
    package static let bytesMax = 2048
    private static let headEnd = ByteBuffer(string: "\r\n\r\n")

    /// What the decoder made of the bytes.
    package struct Known {
        package let request: FrontRequest
        package let slot: AnswerSlot
        let progress: RequestInProgress
    }

    private var known: Known?
    /// Whom the known request speaks for, once it came again.
    var player: KnownPlayer?
    private var bytes = ByteBuffer()
    /// The decoder stands where a request may begin, and holds nothing.
    private var isAtRest = true
    private var isInMessage = false
    // Of the bytes that are being read:
    private var wasAtRest = false
    private var headCount = 0
    private var endCount = 0
    private var candidate: Known?

    package init() {}

    /// The request that these bytes are, if they are the known ones and stand where a request may begin.
    package func request(in read: ByteBuffer) -> Known? {
        guard isAtRest, let known, read == bytes else { return nil }
        return known
    }

    /// Bytes go to the decoder.
    package mutating func readBegins() {
        (wasAtRest, isAtRest) = (isAtRest, false)
        (headCount, endCount, candidate) = (0, 0, nil)
    }

    /// The decoder has read a head.
    package mutating func headCame() {
        headCount += 1
        isInMessage = true
    }

    /// The decoder has ended a message.
    package mutating func endCame() {
        endCount += 1
        isInMessage = false
    }

    /// The message was a player's request, on a connection that goes on.
    mutating func wasAnswered(_ request: FrontRequest, _ slot: AnswerSlot, _ progress: RequestInProgress) {
        candidate = Known(request: request, slot: slot, progress: progress)
    }

    /// The decoder has had all of `read`.
    ///
    /// It is at rest when these bytes ended a message and end as a head does: a next one that they had begun would
    /// have been told of or refused by then, so that behind the message there is nothing, or line ends, which may
    /// stand before any.
    package mutating func readEnded(_ read: ByteBuffer) {
        isAtRest = endCount > 0 && !isInMessage && Self.endsAsHead(read)
        guard wasAtRest, isAtRest, headCount == 1, endCount == 1, let candidate,
            read.readableBytes <= Self.bytesMax
        else { return }
        known = candidate
        player = nil
        bytes.clear()
        bytes.writeImmutableBuffer(read)
    }

    private static func endsAsHead(_ read: ByteBuffer) -> Bool {
        read.getSlice(at: read.writerIndex - headEnd.readableBytes, length: headEnd.readableBytes) == headEnd
    }
}
