#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Bytes that are looked for in much larger ones, by Horspool's method: it steps by up to their number.
struct Needle {
    private let bytes: [UInt8]
    /// How far the needle may move when its last byte lies over a byte of that value.
    private let steps: [Int]

    /// `bytes` is not empty.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var steps = [Int](repeating: bytes.count, count: 256)
        for (index, byte) in bytes.dropLast().enumerated() { steps[Int(byte)] = bytes.count - 1 - index }
        self.steps = steps
    }

    /// Where it begins at or after `start`; the end of `text` where it does not.
    func place(in text: Span<UInt8>, from start: Int) -> Int {
        text.withUnsafeBufferPointer { text in
            bytes.withUnsafeBufferPointer { needle in
                steps.withUnsafeBufferPointer { steps in Self.place(needle, steps, text, start) }
            }
        }
    }

    private static func place(
        _ needle: UnsafeBufferPointer<UInt8>,
        _ steps: UnsafeBufferPointer<Int>,
        _ text: UnsafeBufferPointer<UInt8>,
        _ start: Int
    ) -> Int {
        let last = needle.count - 1
        guard start < text.count, let base = text.baseAddress, let word = needle.baseAddress else {
            return text.count
        }
        if last == 0 {
            guard let found = memchr(base + start, Int32(word[0]), text.count - start) else {
                return text.count
            }
            return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
        }
        var at = start
        while at + last < text.count {
            let byte = base[at + last]
            if byte == word[last], memcmp(base + at, word, last) == 0 { return at }
            at += steps[Int(byte)]
        }
        return text.count
    }
}
