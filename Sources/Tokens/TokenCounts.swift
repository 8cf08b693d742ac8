import Synchronization

/// What became of tokens, counted by all threads together.
package final class TokenCounts: Sendable {
    private let verifiedCount = Atomic<Int>(0)
    private let cachedCount = Atomic<Int>(0)
    private let rejectedCounts = Mutex([Int](repeating: 0, count: TokenFault.allCases.count))

    package init() {}

    package var verified: Int { verifiedCount.load(ordering: .relaxed) }
    package var cached: Int { cachedCount.load(ordering: .relaxed) }
    /// In the order of `TokenFault.allCases`.
    package var rejected: [(fault: TokenFault, count: Int)] {
        let counts = rejectedCounts.withLock { $0 }
        return zip(TokenFault.allCases, counts).map { ($0, $1) }
    }

    func countVerified() { verifiedCount.wrappingAdd(1, ordering: .relaxed) }
    func countCached() { cachedCount.wrappingAdd(1, ordering: .relaxed) }
    func count(_ fault: TokenFault) {
        guard let index = TokenFault.allCases.firstIndex(of: fault) else { return }
        rejectedCounts.withLock { $0[index] += 1 }
    }
}
