/// A text cut into pieces, which correspond to the pieces of other texts of its kind.
///
/// Texts of one kind have equally many pieces.
struct PiecedText {
    private(set) var bytes: [UInt8] = []
    /// Where each piece ends.
    private(set) var ends: [Int] = []

    /// Lengthens the piece that is open.
    mutating func append(_ text: [UInt8]) { bytes += text }

    /// Lengthens the piece that is open by a number of 0 or more in decimal.
    mutating func append(number: Int) { JSONText.append(number, to: &bytes) }

    /// Lengthens the piece that is open by the first piece of a text, and goes on with its others.
    mutating func append(_ text: PiecedText) {
        let start = bytes.count
        bytes += text.bytes
        for end in text.ends { ends.append(start + end) }
    }

    /// Ends the piece that is open.
    mutating func cut() { ends.append(bytes.count) }

    /// Forgets all, keeping the memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
