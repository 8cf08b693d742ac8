/// Finds a run of bytes in a longer one: Horspool's search, which mostly looks at one byte in every `count`.
struct ByteSearch: Sendable {
    private let pattern: [UInt8]
    /// How far to go on after a mismatch, by the byte under the pattern's last place.
    private let skips: [Int]

    /// `pattern` is not empty.
    init(_ pattern: [UInt8]) {
        self.pattern = pattern
        var skips = [Int](repeating: max(1, pattern.count), count: 256)
        for (index, byte) in pattern.dropLast().enumerated() { skips[Int(byte)] = pattern.count - 1 - index }
        self.skips = skips
    }

    /// Whether `text` holds the pattern.
    func isFound(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let last = pattern.count - 1
        guard last >= 0 else { return true }
        return pattern.withUnsafeBufferPointer { pattern in
            skips.withUnsafeBufferPointer { skips in
                var end = last
                while end < text.count {
                    let byte = text[end]
                    if byte == pattern[last] {
                        var index = 0
                        while index < last, text[end - last + index] == pattern[index] { index += 1 }
                        if index == last { return true }
                    }
                    end += skips[Int(byte)]
                }
                return false
            }
        }
    }
}
