import Synchronization

/// The keys of now, for any number of threads; whoever reads tokens looks with every request whether they changed.
package final class KeyRing: Sendable {
    private let keys = Mutex(TokenKeys())
    private let version = Atomic<Int>(0)
    private let wanted = Atomic<Bool>(false)
    private let readMilliseconds = Atomic<Int>(0)

    package init() {}

    /// Grows with each change of the keys; 0 before the first.
    package var generation: Int { version.load(ordering: .acquiring) }

    package var current: TokenKeys { keys.withLock { $0 } }

    /// When the keys' source was last read, in seconds since 1970; nil before the first time.
    package var readAt: Double? {
        let milliseconds = readMilliseconds.load(ordering: .relaxed)
        return milliseconds == 0 ? nil : Double(milliseconds) / 1000
    }

    func noteRead(at seconds: Double) {
        readMilliseconds.store(Int((seconds * 1000).rounded()), ordering: .relaxed)
    }

    package func set(_ new: TokenKeys) {
        keys.withLock { $0 = new }
        version.wrappingAdd(1, ordering: .releasing)
    }

    /// Notes that somebody brought a token of a key that is not here.
    package func askForMore() { wanted.store(true, ordering: .relaxed) }

    /// Whether somebody asked since the last time.
    package func takeWish() -> Bool { wanted.exchange(false, ordering: .relaxed) }
}
