package import NIOCore

/// When a connection has taken too long; no timers, so that a test can move the clock.
package struct ConnectionTimes: Equatable, Sendable {
    /// What has lasted too long.
    package enum Overdue: Equatable, Sendable {
        /// No request came: close.
        case idle
        /// A request did not arrive whole: answer 408 and close.
        case request
        /// The client did not take what waits for it: close, nothing can be said.
        case write
        /// The client did not close after it was told that this side had: close.
        case linger
    }

    private let idle: TimeAmount
    private let request: TimeAmount
    private let write: TimeAmount
    private let linger: TimeAmount

    /// When the last request ended or the connection began.
    private var quietSince: NIODeadline
    /// When the first byte of a request came that has not ended.
    private var requestSince: NIODeadline?
    /// When the channel stopped taking more bytes.
    private var blockedSince: NIODeadline?
    private var closingSince: NIODeadline?
    /// A request is being answered, for as long as that takes.
    private var isAnswering = false

    package init(_ limits: FrontLimits, now: NIODeadline) {
        idle = .seconds(Int64(limits.idleSeconds))
        request = .seconds(Int64(limits.requestSeconds))
        write = .seconds(Int64(limits.writeSeconds))
        linger = .seconds(Int64(FrontLimits.lingerSeconds))
        quietSince = now
    }

    /// Bytes came from the client.
    package mutating func bytesCame(_ now: NIODeadline) { requestSince = requestSince ?? now }

    /// A request has been read to its end.
    package mutating func requestEnded(_ now: NIODeadline) {
        requestSince = nil
        quietSince = now
    }

    /// A request that has been read waits for an answer from elsewhere, or no longer does.
    package mutating func answering(_ isAnswering: Bool, _ now: NIODeadline) {
        self.isAnswering = isAnswering
        quietSince = now
        // What was held back meanwhile was not the client's delay.
        if !isAnswering, requestSince != nil { requestSince = now }
    }

    /// The channel takes more bytes, or no longer does.
    package mutating func writable(_ isWritable: Bool, _ now: NIODeadline) {
        if isWritable {
            if blockedSince != nil, requestSince != nil { requestSince = now }
            blockedSince = nil
            quietSince = now
        } else {
            blockedSince = blockedSince ?? now
        }
    }

    /// This side has said its last.
    package mutating func closing(_ now: NIODeadline) { closingSince = closingSince ?? now }

    /// What is overdue next, and when; `nil` while only this side is to be waited for.
    package var next: (what: Overdue, at: NIODeadline)? {
        if let blockedSince { return (.write, blockedSince + write) }
        if let closingSince { return (.linger, closingSince + linger) }
        if isAnswering { return nil }
        if let requestSince { return (.request, requestSince + request) }
        return (.idle, quietSince + idle)
    }
}
