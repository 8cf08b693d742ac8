package import Foundation
package import Goals

extension Timestamp {
    /// To the millisecond, which is what files keep.
    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// To the millisecond.
    package init(_ date: Date) {
        self.init(microseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()) * 1000)
    }
}
