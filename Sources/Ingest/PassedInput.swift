/// The beginning of an input that an earlier run committed: passed over, and known again by its last record.
package struct PassedInput {
    /// Bytes kept of what is passed over, in which the last record's line has to be.
    ///
    /// More than a frame of lines, since all but its first may have been refused.
    private static let tailBytes = 1 << 21

    /// Bytes still to be passed over.
    package private(set) var bytesLeft: UInt64
    private let lastRecord: [UInt8]?
    private var tail: [UInt8] = []

    /// `position` is up to where the input was committed, `lastRecord` nil where retention took that record.
    package init(position: UInt64, lastRecord: [UInt8]?) {
        bytesLeft = position
        self.lastRecord = lastRecord
    }

    /// Passes over what belongs to it at the beginning of `bytes`, and says how much that is.
    package mutating func pass(_ bytes: Span<UInt8>) -> Int {
        let count = Int(min(bytesLeft, UInt64(bytes.count)))
        guard count > 0 else { return 0 }
        bytesLeft -= UInt64(count)
        bytes.extracting(0..<count).withUnsafeBufferPointer { tail.append(contentsOf: $0) }
        if tail.count > 2 * Self.tailBytes { tail.removeFirst(tail.count - Self.tailBytes) }
        return count
    }

    /// Whether the bytes passed over end with the line that the last record was made of; asked once, at their end.
    package mutating func isKnown(_ admission: inout EventAdmission) -> Bool {
        defer { tail = [] }
        guard let lastRecord else { return true }
        for line in tail.split(separator: UInt8(ascii: "\n")).reversed()
        where admission.isRecord(lastRecord[...], of: line) { return true }
        return false
    }
}
