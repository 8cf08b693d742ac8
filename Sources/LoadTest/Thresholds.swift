/// One thing that is asked of a test, and whether it was so.
package struct Threshold: Sendable, Codable, Equatable {
    /// Whose it is.
    package enum Source: String, Sendable, Codable {
        /// The load test of the service that this one stands in for.
        case seed
        /// What that service's operators aim for, and this house promises.
        case objective
    }

    package let source: Source
    package let name: String
    /// What was measured, nil where this test could not measure it.
    package let value: Double?
    package let limit: Double
    package let unit: String
    /// Whether the value has to stay at or above the limit; else below it, or at it where that is 0.
    package let isLeast: Bool
    /// What the value stands for in particular, such as the tables that were scanned.
    package let remark: String
    /// Whether a value that could not be measured is a failure.
    package let isNeeded: Bool

    package init(
        _ source: Source,
        _ name: String,
        value: Double?,
        limit: Double,
        unit: String,
        isLeast: Bool = false,
        remark: String = "",
        isNeeded: Bool = false
    ) {
        self.source = source
        self.name = name
        self.value = value
        self.limit = limit
        self.unit = unit
        self.isLeast = isLeast
        self.remark = remark
        self.isNeeded = isNeeded
    }

    /// Nil where it could not be measured and need not be, which is neither.
    package var isMet: Bool? {
        guard let value else { return isNeeded ? false : nil }
        guard value.isFinite else { return false }
        return isLeast ? value > limit : limit == 0 ? value == 0 : value < limit
    }
}
