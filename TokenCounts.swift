/// Counts of tokens looked at; each checker has its own, and they are added up when somebody asks.
package struct TokenCounts: Sendable, Equatable {
    /// Signatures and claims checked and found good.
    package private(set) var verified = 0
    /// Found good before, and still.
    package private(set) var cached = 0
    /// Good tokens remembered now.
    package var entries = 0
    private var rejections = [Int](repeating: 0, count: TokenRejection.allCases.count)

    package init() {}

    package func rejected(_ reason: TokenRejection) -> Int { rejections[reason.rawValue] }

    mutating func countVerified() { verified += 1 }

    mutating func countCached() { cached += 1 }

    mutating func count(_ reason: TokenRejection) { rejections[reason.rawValue] += 1 }

    /// Adds the counts of another checker.
    package mutating func add(_ other: TokenCounts) {
        verified += other.verified
        cached += other.cached
        entries += other.entries
        for index in rejections.indices { rejections[index] += other.rejections[index] }
    }
}
