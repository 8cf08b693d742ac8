/// Where and why a challenges.json is refused.
package struct ChallengeFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Line in the file, from 1.
    package let line: Int
    package let challenge: String?
    package let goal: String?
    package let message: String

    /// `line 12: invalid goal 'g' in challenge 'c': goal name cannot be empty`.
    package var description: String {
        switch (challenge, goal) {
        case (let challenge?, let goal?):
            "line \(line): invalid goal '\(goal)' in challenge '\(challenge)': \(message)"
        case (let challenge?, nil): "line \(line): invalid challenge '\(challenge)': \(message)"
        default: "line \(line): \(message)"
        }
    }
}

/// Reads challenges.json, in camelCase or snake_case keys, and checks every rule before anything uses it.
///
/// Unknown keys are ignored. A missing `type` is absolute. The whole file is at most 16 MiB.
package enum ChallengeFile {
    package static let bytesMax = 16 << 20

    /// The validated set, or all faults of the file in file order (at most 50).
    package enum Outcome: Sendable {
        case valid(ChallengeSet)
        case invalid([ChallengeFault])
    }

    package static let faultsMax = 50

    package static func read(_ bytes: [UInt8]) -> Outcome {
        guard bytes.count <= bytesMax else {
            return .invalid([fault(1, "the file is \(bytes.count) bytes long; at most \(bytesMax) are read")])
        }
        return bytes.withUnsafeBufferPointer { text in
            if let at = UTF8Check.firstInvalid(text) {
                return .invalid([fault(line(of: at, in: text), "the file is not UTF-8")])
            }
            var scanner = JSONScanner(text)
            do throws(JSONFault) {
                var reader = ChallengeReader()
                try reader.read(&scanner)
                try scanner.expectEnd()
                var validator = ChallengeValidator { line(of: $0, in: text) }
                return validator.validate(reader)
            } catch {
                let message = "failed to parse config JSON: the text \(error.reason.rawValue)"
                return .invalid([fault(line(of: error.byteOffset, in: text), message)])
            }
        }
    }

    private static func fault(_ line: Int, _ message: String) -> ChallengeFault {
        ChallengeFault(line: line, challenge: nil, goal: nil, message: message)
    }

    private static func line(of byteOffset: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
        1 + text[..<min(byteOffset, text.count)].count { $0 == UInt8(ascii: "\n") }
    }
}
