/// An array in slices of bounded length: one statement each.
struct Chunks<Element>: Sequence {
    /// Rows of one statement: bounds its parameters to some tens of megabytes.
    static var rowsMax: Int { 50_000 }

    private let elements: [Element]

    init(_ elements: [Element]) { self.elements = elements }

    func makeIterator() -> AnyIterator<ArraySlice<Element>> {
        var start = 0
        return AnyIterator {
            guard start < elements.count else { return nil }
            let end = Swift.min(start + Self.rowsMax, elements.count)
            defer { start = end }
            return elements[start..<end]
        }
    }
}
