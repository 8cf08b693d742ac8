/// A random log with its configurations, and what the oracle makes of it: input for differential tests.
///
/// The same seed gives the same bytes. Lines are as a log holds them: checked, with id and timestamp, without
/// newline. Among them are repeats, whole or of the id alone, that an ingest with a dedupe window would drop.
package struct RandomHistory: Sendable {
    /// The namespace of all events.
    package static let namespace = "goalpost-test"

    package let seed: UInt64
    /// The log's records; the index is the offset.
    package private(set) var lines: [[UInt8]] = []
    /// By the offset it governs from: the first at 0, none, one or two more within the log.
    package private(set) var configurations: [Int: [UInt8]] = [:]
    /// All players' ids; the last two are never heard of.
    package let players: [String]
    /// The oracle's state after the last line.
    package private(set) var oracle = NaiveGoalpost(namespace: namespace)

    private var random: SplitMix64
    private var challenges: RandomChallenges
    /// Microseconds since 1970 of the log's present.
    private var now: Int64
    /// Requests made so far, for events that refer to them.
    private var requests: [(userId: String, eventId: String)] = []
    private var idCount = 0

    private static let oddPlayers = [
        "o'Brien \"the\" 1st", "two words", " padded ", "caf\u{e9}", "cafe\u{301}", "🧗🏽‍♀️",
        String(repeating: "長", count: 100), "e" + String(repeating: "\u{301}", count: 99), "back\\slash",
        "tab\there", "line\nbreak", "\u{1}", "\u{7f}", "a", "A", "/sl/ash", "{\"$\":1}", "\u{10FFFF}",
        "\u{FEFF}bom",
        "'; DROP TABLE player; --",
    ]

    /// Makes a history of at least `lineCount` lines, 1 or more, over two to five days; every third has a gap of
    /// weeks in it, so that outcomes outlive their retention.
    package init(seed: UInt64, lineCount: Int = 2000) throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        challenges = RandomChallenges(using: &random)
        var players = Self.oddPlayers.shuffled(using: &random).prefix(random.number(8...20)).map { $0 }
        for _ in 0..<random.number(12...40) {
            players.append(String(random.next() | 1 << 63, radix: 16) + "0123456789abcdef")
        }
        self.players = players.shuffled(using: &random)
        // Some hour of some day from 2025-03-01 on.
        now = 1_740_787_200_000_000 + Int64(random.number(0...86_400 * 150)) * 1_000_000

        try configure()
        let changes = Set((0..<random.number(0...2)).map { _ in random.number(lineCount / 4...lineCount) })
        let gapAt = random.oneIn(3) ? random.number(lineCount / 4...lineCount) : -1
        let meanStep = random.number(2...5) * 86_400_000_000 / lineCount
        while lines.count < lineCount {
            if changes.contains(lines.count), configurations[lines.count] == nil {
                challenges.change(using: &random)
                try configure()
            }
            if lines.count == gapAt { now += Int64(random.number(20...45)) * NaiveTime.microsecondsPerDay }
            if !random.oneIn(20) { now += Int64(random.number(0...2 * meanStep)) }
            try append(nextLine())
        }
    }

    /// Days worth publishing on: that of the last event, the one before and the one after it.
    package var publishDays: [Int] { [-1, 0, 1].map { NaiveTime.day(now) + $0 } }

    private mutating func configure() throws {
        let bytes = challenges.bytes(using: &random)
        configurations[lines.count] = bytes
        try oracle.configure(bytes)
    }

    private mutating func append(_ line: [UInt8]) throws {
        lines.append(line)
        try oracle.apply(line)
    }

    private mutating func nextLine() -> [UInt8] {
        if lines.count > 10, random.oneIn(30) {
            return lines[random.number(max(0, lines.count - 300)...lines.count - 1)]
        }
        let player = players[random.skewedIndex(players.count - 2)]
        var line = RandomLine(
            id: nextId(player),
            name: "",
            namespace: Self.namespace,
            time: now,
            userId: player,
            payload: []
        )
        // Late by up to 36 hours, or ahead of the rest by up to 20.
        if random.oneIn(10) { line.time -= Int64(random.number(0...129_600_000_000)) }
        if random.oneIn(150) { line.time += Int64(random.number(0...72_000_000_000)) }
        switch random.number(0...99) {
        case ..<22: line.name = "userLoggedIn"
        case ..<76: makeStat(&line)
        case ..<85: makeActivation(&line)
        case ..<97: makeClaim(&line)
        default: makeDelivery(&line)
        }
        return line.bytes(using: &random)
    }

    private mutating func nextId(_ player: String) -> String {
        // An id that was used before, by this player or by another one, for something else.
        if !requests.isEmpty, random.oneIn(40) { return random.pick(requests).eventId }
        if random.oneIn(40), let own = requests.last(where: { $0.userId.utf8.elementsEqual(player.utf8) }) {
            return own.eventId
        }
        idCount += 1
        let odd = random.pick(["id \"quoted\" ", "é", "e\u{301}", "🆔 ", "\\"])
        let plain = String(random.next() | 1 << 63, radix: 16)
        return (random.oneIn(40) ? odd : plain + "-") + String(idCount)
    }

    // MARK: - Kinds

    private mutating func makeStat(_ line: inout RandomLine) {
        line.name = "statItemUpdated"
        let goal = random.pick(challenges.goals)
        let statCode = random.oneIn(20) ? random.pick(["unknown", "Kills", "é"]) : goal.statCode
        line.payload = [
            (key: "statCode", json: NaiveGoalpost.quote(statCode)),
            (key: "latestValue", json: statValue(goal.target)),
        ]
        if !random.oneIn(3) {
            line.payload.append((key: "inc", json: random.pick(["1", "-2.5", "0", "1e3"])))
        }
    }

    private mutating func statValue(_ target: Int) -> String {
        switch random.number(0...19) {
        case 0...6: String(random.number(0...min(target + 3, 50)))
        case 7...9: String(target)
        case 10: "\(target).0"
        case 11: "\(target - 1).999"
        case 12: "0"
        case 13: random.pick(["-0.5", "-0.0", "-0", "0.999999", "1e-300", "5e-324"])
        case 14: random.pick(["-1", "-3.7", "-1e300", "-2147483648", "-1.0000001"])
        case 15: random.pick(["1e300", "2147483647", "2147483648", "2147483646.9", "9223372036854775807"])
        case 16: random.pick(["4.2e1", "42E0", "420e-1", "1e2", "12.5E+0", "18446744073709551616"])
        default: String(random.number(0...120)) + random.pick(["", ".5", ".25", ".0"])
        }
    }

    private mutating func makeActivation(_ line: inout RandomLine) {
        line.name = "goalActivationRequested"
        line.payload = goalFields(random.pick(challenges.goals).id)
        line.payload.append((key: "isActive", json: random.oneIn(3) ? "false" : "true"))
        requests.append((userId: line.userId, eventId: line.id))
    }

    private mutating func makeClaim(_ line: inout RandomLine) {
        line.name = "rewardClaimRequested"
        // Mostly what the player has completed: on its day, on a later day, with or without its prerequisites.
        let userId = Array(line.userId.utf8)
        let statuses = random.oneIn(8) ? ["claimed"] : ["completed"]
        let ripe = oracle.configuration.goals.filter { statuses.contains(oracle.row(userId, $0).status) }
        let goalId =
            ripe.isEmpty || random.oneIn(8)
            ? random.pick(challenges.goals).id : String(decoding: random.pick(ripe).id, as: UTF8.self)
        line.payload = goalFields(goalId)
        requests.append((userId: line.userId, eventId: line.id))
    }

    /// The goal with its challenge; now and then a wrong challenge or a goal that is not there.
    private mutating func goalFields(_ goalId: String) -> [(key: String, json: String)] {
        let home = challenges.challenges.first { challenge in
            challenge.goals.contains { $0.id.utf8.elementsEqual(goalId.utf8) }
        }
        var challengeId = home?.id ?? "gone"
        var goalId = goalId
        if random.oneIn(20) { challengeId = random.pick(challenges.challenges).id }
        if random.oneIn(20) { goalId = random.pick(["no such goal", "G1", "g999"]) }
        return [
            (key: "challengeId", json: NaiveGoalpost.quote(challengeId)),
            (key: "goalId", json: NaiveGoalpost.quote(goalId)),
        ]
    }

    private mutating func makeDelivery(_ line: inout RandomLine) {
        line.name = "rewardDelivered"
        let granted = oracle.grants.keys.sorted {
            ($0.userId + [0] + $0.eventId).lexicographicallyPrecedes($1.userId + [0] + $1.eventId)
        }
        var claimEventId = "never claimed"
        if !granted.isEmpty, !random.oneIn(8) {
            let grant = random.pick(granted)
            claimEventId = String(decoding: grant.eventId, as: UTF8.self)
            // Now and then told about the wrong player.
            if !random.oneIn(8) { line.userId = String(decoding: grant.userId, as: UTF8.self) }
        } else if !requests.isEmpty, random.oneIn(2) {
            claimEventId = random.pick(requests).eventId
        }
        line.payload = [(key: "claimEventId", json: NaiveGoalpost.quote(claimEventId))]
    }
}
