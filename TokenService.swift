package import Logging
package import NIOCore
import Synchronization

/// The checking of tokens as a running thing: keys that are kept fresh, and checkers over them.
package struct TokenService: Sendable {
    /// A checker that one request at a time holds; a class, since a mutex cannot lie in an array.
    private final class Lane: Sendable {
        let checker: Mutex<TokenChecker>

        init(_ make: () -> sending TokenChecker) { checker = Mutex(make()) }
    }

    package let ring: KeyRing
    private let configuration: TokenConfiguration
    private let refresher: KeyRefresher
    private let clock: @Sendable () -> Int64
    private let entriesEach: Int
    private let lanes: [Lane]

    /// Sets all up, and reads a file.
    ///
    /// A URL is first asked once ``start(on:)`` is called, and may be down then: requests are told to come again
    /// until it answers. A whole fleet that restarts while the source is down must not stay away until somebody
    /// starts it again. A file that cannot be read is a mistake of who set it, and an error here.
    ///
    /// - Parameters:
    ///   - configuration: Already validated.
    ///   - ownerCount: How many checkers ``makeChecker()`` is asked for; they share the entries with one for all
    ///     other threads.
    ///   - clock: Milliseconds since 1970.
    ///   - logger: Gets what becomes of the keys; never a token.
    package init(
        _ configuration: TokenConfiguration,
        ownerCount: Int,
        clock: @escaping @Sendable () -> Int64,
        logger: Logger
    ) async throws(TokensError) {
        let ring = KeyRing(retrySeconds: configuration.retrySeconds)
        let entries = configuration.cacheEntries / (max(0, ownerCount) + 1)
        let laneCount = 8
        self.configuration = configuration
        self.ring = ring
        self.clock = clock
        entriesEach = entries
        refresher = KeyRefresher(configuration, ring: ring, clock: clock, logger: logger)
        lanes = (0..<laneCount).map { _ in
            Lane {
                TokenChecker(
                    ring: ring,
                    verifier: TokenVerifier(configuration),
                    entries: entries / laneCount,
                    clock: clock
                )
            }
        }
        if case .file = configuration.source, let failure = await refresher.refresh() { throw failure }
    }

    /// A checker for one event loop.
    package func makeChecker() -> sending TokenChecker {
        TokenChecker(
            ring: ring,
            verifier: TokenVerifier(configuration),
            entries: entriesEach,
            clock: clock
        )
    }

    /// Keeps the keys fresh from now on.
    package func start(on loop: any EventLoop) async { await refresher.start(on: loop) }

    /// Ends what ``start(on:)`` began.
    package func stop() async { await refresher.stop() }

    /// Reads the source now.
    ///
    /// - Returns: Why that gave nothing, `nil` when it gave keys.
    @discardableResult
    package func refresh() async -> TokensError? { await refresher.refresh() }

    /// The player of `token`, for threads without a checker of their own; waits for the source where a key is not
    /// known and the source was not asked a moment ago.
    package func check(_ token: String) async -> Result<[UInt8], TokenRejection> {
        if let answer = check(token, isLastWord: false) { return answer }
        await refresher.refreshForUnknownKey()
        return check(token, isLastWord: true) ?? .failure(.unknownKey)
    }

    /// The counts of the checkers that threads share; the other ones' owners have theirs.
    package var sharedCounts: TokenCounts {
        var sum = TokenCounts()
        for lane in lanes { sum.add(lane.checker.withLock { $0.counts }) }
        return sum
    }

    private func check(_ token: String, isLastWord: Bool) -> Result<[UInt8], TokenRejection>? {
        // Always the same lane for a token, so that it is remembered once.
        let lane = lanes[Int(token.utf8.suffix(4).reduce(UInt(0)) { $0 &* 31 &+ UInt($1) } % UInt(lanes.count))]
        return lane.checker.withLock { $0.check(token, isLastWord: isLastWord) }
    }
}
