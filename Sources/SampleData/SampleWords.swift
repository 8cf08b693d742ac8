/// The words that sample challenges are made of.
enum SampleWords {
    static let modes = [
        "ranked", "casual", "arena", "siege", "raid", "duel", "coop", "survival", "race", "royale",
    ]
    private static let deeds = [
        "kills", "assists", "wins", "headshots", "damage", "distance", "captures", "revives", "crafts",
        "score",
    ]
    /// One hundred stat codes: each deed in each mode.
    static let statCodes = modes.flatMap { mode in deeds.map { "\(mode)-\($0)" } }

    private static let ranks = [
        "Rookie", "Scout", "Veteran", "Elite", "Champion", "Mythic", "Silent", "Golden",
    ]
    private static let titles = [
        "Marksman", "Guardian", "Pathfinder", "Tactician", "Medic", "Collector", "Vanguard", "Artisan",
        "Racer",
    ]

    static func capitalized(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    static func name(number: Int, _ random: inout SplitMix64) -> String {
        "\(ranks[random.below(ranks.count)]) \(titles[random.below(titles.count)]) #\(number)"
    }

    /// A sentence about the goal; `stat` is nil for goals that count logins.
    static func description(of kind: SampleGoal.Kind, target: Int, stat: String?) -> String {
        let what = stat ?? "logins"
        return switch kind {
        case .absolute: "Bring your \(what) to \(target) or more before the season comes to its end."
        case .increment: "Add to your \(what) \(target) times or more before the season ends."
        case .incrementByDay: "Add to your \(what) on \(target) different days before the season ends."
        case .daily: "Add to your \(what) today, and come again tomorrow for more."
        }
    }

    static func reward(_ random: inout SplitMix64) -> (type: String, id: String, quantity: Int) {
        switch random.below(4) {
        case 0: ("WALLET", "gold", 50 * (1 + random.below(20)))
        case 1: ("WALLET", "gems", 1 + random.below(25))
        case 2: ("ITEM", "crate-epic", 1)
        default: ("ITEM", "crate-common", 1 + random.below(3))
        }
    }
}
