import Disk
import Foundation
import Goals
import Replay

/// What `summary.json` in a replay's directory says: what was folded, how far, and what came of it in all.
struct ReplaySummary: Encodable {
    static let fileName = "summary.json"

    /// Numbers of one configuration's fold.
    struct Totals: Encodable {
        let players: Int
        let rows: Int
        let started: UInt64
        let completed: UInt64
        let claimed: UInt64
        /// Quantities that claims gave, by `TYPE id`.
        let rewards: [String: Int64]

        init(_ effects: GoalEffects, _ catalogue: GoalCatalogue, players: Int, rows: Int) {
            self.players = players
            self.rows = rows
            var sum = (started: UInt64(0), completed: UInt64(0), claimed: UInt64(0))
            for goal in catalogue.goals.indices {
                let counts = effects.total(UInt32(goal))
                sum.started += counts.started
                sum.completed += counts.completed
                sum.claimed += counts.claimed
            }
            (started, completed, claimed) = sum
            rewards = Dictionary(
                uniqueKeysWithValues: effects.rewards.map {
                    ("\($0.key.kind.rawValue) \($0.key.id)", $0.value)
                }
            )
        }
    }

    let options: [String: String]
    let log: String
    let isPartial: Bool
    let fromOffset: UInt64
    let toOffset: UInt64
    let nextOffset: UInt64
    let leastTime: String?
    let greatestTime: String?
    let records: UInt64
    let seconds: Double
    let recordsPerSecond: Double
    let asConfigured: Totals
    let whatIf: Totals?

    init(_ result: ReplayResult) {
        options = Dictionary(uniqueKeysWithValues: result.options.map { ($0.name, $0.value) })
        log = result.log
        isPartial = result.isPartial
        fromOffset = result.fromOffset
        toOffset = result.toOffset
        nextOffset = result.nextOffset
        leastTime = result.leastTime.map { RFC3339.text($0) }
        greatestTime = result.greatestTime.map { RFC3339.text($0) }
        records = result.records
        seconds = result.seconds
        recordsPerSecond = result.seconds > 0 ? Double(result.records) / result.seconds : 0
        asConfigured = Totals(
            result.effects,
            result.catalogue,
            players: result.players,
            rows: result.rows
        )
        whatIf = result.other.map {
            Totals($0.effects, $0.catalogue, players: $0.players, rows: $0.rows)
        }
    }

    func write(into directory: String, _ volume: any Volume) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(self)) + [0x0A]
        try volume.atomicWrite(bytes, to: directory + "/" + Self.fileName)
    }
}
