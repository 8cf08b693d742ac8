/// Finds the name somebody probably meant.
package enum Spelling {
    /// Only this many leading bytes of a name are compared, so that a hostile name costs little.
    private static let comparedBytesMax = 64

    /// The candidate with the fewest edits to `name`, ignoring case; the first of equals.
    ///
    /// Empty when there are no candidates.
    package static func nearest(to name: String, among candidates: [String]) -> String {
        let wanted = comparable(name)
        let distances = candidates.map { (name: $0, edits: edits(from: wanted, to: comparable($0))) }
        return distances.min { $0.edits < $1.edits }?.name ?? ""
    }

    private static func comparable(_ name: String) -> [UInt8] {
        Array(
            name.lowercased().replacing("-", with: "_").replacing(".", with: "_").utf8.prefix(
                comparedBytesMax
            )
        )
    }

    /// Levenshtein distance in bytes.
    private static func edits(from left: [UInt8], to right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
