/// How to write some bytes as pieces of a template, pieces of themselves, and literals.
///
/// Positions are in *history*: the template lies at 0, the bytes being written follow at once. A draft is built
/// from front to back and used again after `reset`.
package struct SequenceDraft: Sendable {
    /// Shortest copy; zstd makes frames it cannot decode from shorter ones when told not to check.
    package static let copyBytesMin = 6

    /// One piece that is copied from history.
    struct Copy: Sendable {
        /// Where the piece begins in the bytes being written.
        var outputAt: Int
        /// Where it is copied from, in history; always before its own place.
        var historyAt: Int
        var byteCount: Int
    }

    /// The template that copies refer to.
    package let template: [UInt8]
    /// Bytes written so far.
    package private(set) var byteCount = 0
    private(set) var copies: [Copy] = []
    /// All bytes between copies, in order.
    private(set) var literals: [UInt8] = []

    package init(template: [UInt8]) { self.template = template }

    /// Forgets everything but the template, keeping the memory.
    package mutating func reset() {
        byteCount = 0
        copies.removeAll(keepingCapacity: true)
        literals.removeAll(keepingCapacity: true)
    }

    /// Writes bytes of the template; a range that continues the last copy extends it.
    ///
    /// Fewer than `copyBytesMin` bytes become literals. Traps when the range is outside of the template.
    package mutating func copyTemplate(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= template.count)
        if extendLast(historyAt: range.lowerBound, byteCount: range.count) { return }
        guard range.count >= Self.copyBytesMin else { return append(literal: template[range]) }
        copies.append(Copy(outputAt: byteCount, historyAt: range.lowerBound, byteCount: range.count))
        byteCount += range.count
    }

    /// Writes `byteCount` bytes that were written before, from `outputAt` on.
    ///
    /// Traps when they were not written yet, or are fewer than `copyBytesMin`.
    package mutating func copyOutput(at outputAt: Int, byteCount count: Int) {
        precondition(count >= Self.copyBytesMin && outputAt >= 0 && outputAt + count <= byteCount)
        copies.append(Copy(outputAt: byteCount, historyAt: template.count + outputAt, byteCount: count))
        byteCount += count
    }

    /// Writes bytes as they are.
    package mutating func append(literal bytes: [UInt8]) {
        literals.append(contentsOf: bytes)
        byteCount += bytes.count
    }

    /// Writes bytes as they are.
    package mutating func append(literal bytes: ArraySlice<UInt8>) {
        literals.append(contentsOf: bytes)
        byteCount += bytes.count
    }

    /// Writes a number in decimal; traps below 0.
    package mutating func append(number: Int) {
        precondition(number >= 0)
        var power = 1
        while number / power >= 10 { power *= 10 }
        while power > 0 {
            literals.append(UInt8(ascii: "0") + UInt8(number / power % 10))
            byteCount += 1
            power /= 10
        }
    }

    /// Lengthens the last copy when the bytes at `historyAt` follow it both here and there.
    private mutating func extendLast(historyAt: Int, byteCount count: Int) -> Bool {
        guard let last = copies.indices.last, copies[last].outputAt + copies[last].byteCount == byteCount,
            copies[last].historyAt + copies[last].byteCount == historyAt
        else { return false }
        copies[last].byteCount += count
        byteCount += count
        return true
    }
}
