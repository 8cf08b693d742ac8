extension SplitMix64 {
    /// True in `percent` of 100 calls.
    package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
