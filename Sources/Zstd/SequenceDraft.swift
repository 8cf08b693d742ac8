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
    /// The last piece of history that was too short for a copy; it may end before the bytes written last.
    private var short: Copy?

    package init(template: [UInt8]) { self.template = template }

    /// Forgets everything but the template, keeping the memory.
    package mutating func reset() {
        byteCount = 0
        short = nil
        copies.removeAll(keepingCapacity: true)
        literals.removeAll(keepingCapacity: true)
    }

    /// Writes bytes of the template; a range that continues the last copy extends it.
    ///
    /// Few bytes become literals, as in `copy`. Traps when the range is outside of the template.
    package mutating func copyTemplate(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= template.count)
        if !place(historyAt: range.lowerBound, byteCount: range.count) { append(literal: template[range]) }
    }

    /// Writes bytes that stand at `historyAt` already; where they continue the last such piece, they extend it.
    ///
    /// Fewer than `copyBytesMin` bytes become literals, until what continues them makes them enough. Traps when history
    /// does not reach so far; whether it has these bytes there is the caller's to know.
    package mutating func copy(_ bytes: ArraySlice<UInt8>, historyAt: Int) {
        precondition(historyAt >= 0 && historyAt + bytes.count <= template.count + byteCount)
        let untilOutput = template.count - historyAt
        if untilOutput > 0, untilOutput < bytes.count {
            copy(bytes.prefix(untilOutput), historyAt: historyAt)
            return copy(bytes.dropFirst(untilOutput), historyAt: template.count)
        }
        if !place(historyAt: historyAt, byteCount: bytes.count) { append(literal: bytes) }
    }

    /// Makes a copy of a piece of history or lengthens the last one; false for a piece that has to be a literal.
    private mutating func place(historyAt: Int, byteCount count: Int) -> Bool {
        if count == 0 { return true }
        if let last = copies.indices.last, continues(copies[last], historyAt: historyAt, byteCount: count) {
            copies[last].byteCount += count
            byteCount += count
            return true
        }
        var piece = Copy(outputAt: byteCount, historyAt: historyAt, byteCount: count)
        if let short, continues(short, historyAt: historyAt, byteCount: count) {
            piece = short
            piece.byteCount += count
        }
        guard piece.byteCount >= Self.copyBytesMin else {
            short = piece
            return false
        }
        literals.removeLast(piece.byteCount - count)
        copies.append(piece)
        byteCount += count
        return true
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

    /// Whether `count` bytes at `historyAt`, written next, follow `piece` both here and there.
    ///
    /// A piece lies in the template or behind it, and never overlaps its own copy.
    private func continues(_ piece: Copy, historyAt: Int, byteCount count: Int) -> Bool {
        piece.outputAt + piece.byteCount == byteCount && piece.historyAt + piece.byteCount == historyAt
            && (piece.historyAt < template.count) == (historyAt < template.count)
            && historyAt + count <= template.count + piece.outputAt
    }
}
