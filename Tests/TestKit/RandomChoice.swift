extension SplitMix64 {
    /// True once in `count` times on average.
    package mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    /// One of the elements, each as likely as the other; the list must not be empty.
    package mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: list.indices, using: &self)]
    }

    /// One of the numbers in the range.
    package mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// An index below `count`, low ones more often than high ones: a few busy players and many quiet ones.
    package mutating func skewedIndex(_ count: Int) -> Int {
        let fraction = Double.random(in: 0..<1, using: &self)
        return Int(fraction * fraction * Double(count))
    }
}
