package import Foundation
package import StatusReport

/// How Goalpost stands as a front can know it: what the jobs left in `status.json`, and its own store.
package struct StatusView: Codable, Sendable, Equatable {
    /// When this was put together, by the front's clock.
    package var now: Date
    /// Absent where there is no such file yet, or none that can be read.
    package var status: SystemStatus?
    /// Absent before the first publish.
    package var store: ShownStore?
    /// What could not be read here, and why: one line each.
    package var problems: [String]

    package init(now: Date, status: SystemStatus?, store: ShownStore?, problems: [String]) {
        self.now = now
        self.status = status
        self.store = store
        self.problems = problems
    }

    /// The same for programs: sorted keys, times as in `status.json`.
    package func json() throws -> [UInt8] { try StatusJSON.encode(self) }

    /// Seconds since a time, never negative: two clocks may differ.
    func age(_ time: Date) -> Double { max(0, now.timeIntervalSince(time)) }

    /// The oldest of the partitions' last folds; nil before the first.
    var foldedAt: Date? { status?.fold?.partitions.compactMap(\.foldedAt).min() ?? store?.foldedAt }

    var publishedAt: Date? { store?.publishedAt ?? status?.publish?.publishedAt }
}
