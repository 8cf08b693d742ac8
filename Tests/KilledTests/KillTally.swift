/// Kills by program and by kind of call, for one line at a test's end.
struct KillTally: Sendable {
    private var kills: [String: [String: Int]] = [:]
    private(set) var total = 0

    mutating func count(_ program: String, _ kind: String) {
        kills[program, default: [:]][kind, default: 0] += 1
        total += 1
    }

    mutating func add(_ other: KillTally) {
        for (program, kinds) in other.kills {
            for (kind, count) in kinds { kills[program, default: [:]][kind, default: 0] += count }
        }
        total += other.total
    }

    /// All figures in one line.
    var line: String {
        let programs = kills.sorted { $0.key < $1.key }.map { program, kinds in
            let parts = kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            return "\(program) \(kinds.values.reduce(0, +)) (\(parts.joined(separator: ", ")))"
        }
        return "\(total) kills: " + programs.joined(separator: "; ")
    }
}
