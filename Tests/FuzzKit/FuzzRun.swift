import Foundation

/// How much a fuzz test does, and what memory it took.
///
/// `GOALPOST_FUZZ_INPUTS` sets how many inputs, and `GOALPOST_FUZZ_SEED` which.
package struct FuzzRun {
    /// The seed that all inputs come from.
    package static let seed = environment["GOALPOST_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
    private static let environment = ProcessInfo.processInfo.environment

    /// Inputs to be made.
    package let inputs: Int
    /// Inputs made so far.
    package private(set) var done = 0
    private let start = ContinuousClock.now
    private var earlyBytes = 0
    private var greatestBytes = 0

    /// Begins; `inputs` are made where the environment names no other number.
    package init(inputs: Int = 100_000) {
        self.inputs = Self.environment["GOALPOST_FUZZ_INPUTS"].flatMap(Int.init) ?? inputs
    }

    package var isOver: Bool { done >= inputs }

    /// Bytes that the process has grown by since the first tenth.
    package var grownBytes: Int { max(0, greatestBytes - earlyBytes) }

    /// Counts inputs; looks at the process's memory now and then.
    package mutating func count(_ more: Int) throws {
        let before = done
        done += more
        guard before / 10_000 != done / 10_000 || isOver else { return }
        let bytes = try Self.residentBytes()
        if done <= inputs / 10 || earlyBytes == 0 { earlyBytes = max(earlyBytes, bytes) }
        greatestBytes = max(greatestBytes, bytes)
    }

    /// One line of figures.
    package func summary(_ name: String, accepted: Int) -> String {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        let tenths = (seconds * 10) + attoseconds / 100_000_000_000_000_000
        return "\(name): \(done) inputs, \(accepted) records, \(tenths / 10).\(tenths % 10) s, "
            + "\(greatestBytes >> 20) MiB at most, \(grownBytes >> 10) KiB more than after the first tenth"
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let words = text.split(separator: " ")
        guard words.count > 1, let pages = Int(words[1]) else {
            throw FuzzFault("/proc/self/statm has no second number: \(text)")
        }
        return pages * 4096
    }
}

/// What should never be, with all that is needed to see it again.
package struct FuzzFault: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
