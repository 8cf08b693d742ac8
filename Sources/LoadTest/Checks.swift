/// What is looked at in every answer, counted.
package struct Checks: Sendable, Codable, Equatable {
    package struct Check: Sendable, Codable, Equatable {
        package var passed = 0
        package var failed = 0

        mutating func count(_ isPassed: Bool) {
            if isPassed { passed += 1 } else { failed += 1 }
        }
    }

    /// The expected status.
    package var status = Check()
    /// Type, coding, offset and age of a read's answer.
    package var head = Check()
    /// A player's offset never falls behind one that the player has seen.
    package var offset = Check()
    /// Sampled bodies are JSON of the right form.
    package var body = Check()
    /// Sampled bodies show what was acknowledged before the fold that they name.
    package var progress = Check()

    package init() {}

    package var passed: Int { all.map(\.passed).reduce(0, +) }
    package var failed: Int { all.map(\.failed).reduce(0, +) }
    private var all: [Check] { [status, head, offset, body, progress] }
}
