import Synchronization

/// The newest keys, shared by all threads; whoever checks tokens keeps a copy and looks at a number for news.
package final class KeyRing: Sendable {
    /// What a watcher wants to know of the keys.
    package struct Figures: Sendable, Equatable {
        package var keys = 0
        /// When the source last gave keys, in milliseconds since 1970; `nil` when it never did.
        package var readAt: Int64?
        /// Whether the last attempt to read the source failed.
        package var isSourceDown = false
        /// Attempts that gave keys, and that did not.
        package var readings = 0
        package var failures = 0
    }

    private struct State {
        var keys: KeySet?
        var figures = Figures()
        var attemptedAt: Int64?
        var isReading = false
    }

    private let state = Mutex(State())
    private let version = Atomic<UInt64>(0)
    private let sourceIsDown = Atomic<Bool>(false)
    private let retryMilliseconds: Int64

    /// - Parameter retrySeconds: How long the source is left alone between attempts for an unknown key.
    package init(retrySeconds: Int) { retryMilliseconds = Int64(retrySeconds) * 1000 }

    package var figures: Figures { state.withLock { $0.figures } }

    /// Grows with every change of the keys.
    var currentVersion: UInt64 { version.load(ordering: .acquiring) }

    /// Whether the last attempt to read the source failed.
    var isSourceDown: Bool { sourceIsDown.load(ordering: .relaxed) }

    var keys: KeySet? { state.withLock { $0.keys } }

    /// Whether a token of an unknown key may become known by asking the source now, which is not asked too often.
    package func isWorthAsking(now: Int64) -> Bool {
        state.withLock { state in
            guard !state.isReading, let attemptedAt = state.attemptedAt else { return true }
            return now - attemptedAt >= retryMilliseconds
        }
    }

    /// Whether the source should be read without anybody having asked for it.
    func isDue(every seconds: Int, now: Int64) -> Bool {
        state.withLock { state in
            guard let attemptedAt = state.attemptedAt else { return true }
            let wanted = Int64(seconds) * 1000
            return now - attemptedAt >= (state.figures.isSourceDown ? min(wanted, retryMilliseconds) : wanted)
        }
    }

    func begin(now: Int64) {
        state.withLock {
            $0.attemptedAt = now
            $0.isReading = true
        }
    }

    /// Takes what was read; `isNew` says that it differs from the last.
    func put(_ keys: KeySet, isNew: Bool, now: Int64) {
        state.withLock {
            $0.keys = keys
            $0.isReading = false
            $0.figures.keys = keys.count
            $0.figures.readAt = now
            $0.figures.isSourceDown = false
            $0.figures.readings += 1
        }
        sourceIsDown.store(false, ordering: .relaxed)
        if isNew { version.wrappingAdd(1, ordering: .releasing) }
    }

    /// Notes that the source gave nothing; the keys stay.
    func failed() {
        state.withLock {
            $0.isReading = false
            $0.figures.isSourceDown = true
            $0.figures.failures += 1
        }
        sourceIsDown.store(true, ordering: .relaxed)
    }
}
