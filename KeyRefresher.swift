package import Logging
package import NIOCore

/// Keeps a ``KeyRing`` as new as its source; while the source is down the ring keeps what it has.
package actor KeyRefresher {
    private let reader: KeyReader
    private let ring: KeyRing
    private let refreshSeconds: Int
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private var running: Task<TokensError?, Never>?
    private var lastRead: [UInt8]?
    private var lastFailure: TokensError?
    private var timer: RepeatedTask?

    init(
        _ configuration: TokenConfiguration,
        ring: KeyRing,
        clock: @escaping @Sendable () -> Int64,
        logger: Logger
    ) {
        reader = KeyReader(configuration.source)
        self.ring = ring
        refreshSeconds = configuration.refreshSeconds
        self.clock = clock
        self.logger = logger
    }

    /// Reads the source; all who ask while it is being read wait for the same reading.
    ///
    /// - Returns: Why there is nothing new, `nil` when the keys are those of the source.
    @discardableResult
    package func refresh() async -> TokensError? {
        if let running { return await running.value }
        ring.begin(now: clock())
        let task = Task { await load() }
        running = task
        let failure = await task.value
        running = nil
        return failure
    }

    /// Reads the source for a token whose key is not known, unless it was asked a moment ago.
    package func refreshForUnknownKey() async {
        if running != nil || ring.isWorthAsking(now: clock()) { await refresh() }
    }

    /// Looks every second whether the source is due: a file always is, a URL at its interval.
    func start(on loop: any EventLoop) {
        timer = loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: .seconds(1)) { [weak self] _ in
            loop.makeFutureWithTask { await self?.refreshIfDue() }
        }
    }

    /// Ends the looking and the connections.
    func stop() async {
        timer?.cancel()
        _ = await running?.value
        do { try await reader.shutDown() } catch {
            logger.warning("the client that reads token keys did not close", metadata: ["error": "\(error)"])
        }
    }

    private func refreshIfDue() async {
        let isFile = if case .file = reader.source { true } else { false }
        if isFile || ring.isDue(every: refreshSeconds, now: clock()) { await refresh() }
    }

    private func load() async -> TokensError? {
        do throws(TokensError) {
            let bytes = try await reader.read()
            if bytes == lastRead, let keys = ring.keys {
                ring.put(keys, isNew: false, now: clock())
            } else {
                let keys = try await KeySet(jwks: bytes, from: reader.source)
                lastRead = bytes
                ring.put(keys, isNew: true, now: clock())
                logger.info(
                    "token keys read",
                    metadata: [
                        "source": "\(reader.source)", "keys": "\(keys.count)",
                        "skipped": "\(keys.skippedCount)",
                    ]
                )
            }
            if lastFailure != nil {
                lastFailure = nil
                logger.notice("token keys can be read again", metadata: ["source": "\(reader.source)"])
            }
            return nil
        } catch {
            ring.failed()
            // Once for each kind of failure, not once a second.
            if lastFailure != error {
                lastFailure = error
                let kept = ring.figures.keys
                logger.warning(
                    "\(error); the keys read before stay in use",
                    metadata: ["keys": "\(kept)"]
                )
            }
            return error
        }
    }
}
