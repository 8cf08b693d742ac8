import Goals

/// How often one player is heard of compared with another.
package enum PlayerActivity: String, Sendable, CaseIterable {
    /// All players are alike.
    case uniform
    /// A tenth of the players sends almost half of the events.
    case skewed
}

/// The endless events of a sample world, one NDJSON line at a time.
///
/// A fifth of the lines are logins, three quarters stats, 4 % activations and 1 % claims, most of those of goals
/// that are likely completed. Times only grow, `eventsPerDay` lines to a day. A stat's value grows with every
/// stat of its player. No allocation a line beyond the output's own growth.
package struct EventStream: Sendable {
    package static let eventsPerDayAllowed = 1...10_000_000_000
    package static let namespaceBytesAllowed = 1...400
    package static let idlessEveryAllowed = 0...1_000_000_000

    /// Lines written so far.
    package private(set) var lineCount: UInt64 = 0

    private let seed: UInt64
    private let idKey: UInt64
    private let players: Int
    private let activity: PlayerActivity
    private let idlessEvery: UInt64
    private let startMilliseconds: UInt64
    private let eventsPerDay: UInt64
    private let lineBytesMax: Int
    private var random: SplitMix64
    /// Stats sent so far, by player.
    private var levels: [UInt32]
    private var date = CachedDate()

    /// `","namespace":"…","timestamp":"`.
    private let namespacePart: [UInt8]
    /// `{"statCode":"…","latestValue":` of each stat.
    private let statParts: PartTable
    /// `{"challengeId":"…","goalId":"…"` of each goal.
    private let goalParts: PartTable
    /// Default goals without prerequisites: goal index, and the level that likely completes it.
    private let claimable: [(goal: Int, level: UInt32)]

    init(
        world: SampleWorld,
        start: Timestamp,
        eventsPerDay: Int,
        namespace: String,
        activity: PlayerActivity,
        idlessEvery: Int
    ) throws(SampleDataError) {
        try SampleDataError.check("events per day", eventsPerDay, Self.eventsPerDayAllowed)
        try SampleDataError.check("bytes of the namespace", namespace.utf8.count, Self.namespaceBytesAllowed)
        try SampleDataError.check("lines to one without id", idlessEvery, Self.idlessEveryAllowed)
        try SampleDataError.check(
            "start in milliseconds",
            Int(start.milliseconds),
            0...Int(CachedDate.lastMillisecond)
        )
        seed = world.seed
        idKey = SplitMix64.scramble(world.seed &+ 0x6964)
        players = world.players
        self.activity = activity
        self.idlessEvery = UInt64(idlessEvery)
        startMilliseconds = UInt64(start.milliseconds)
        self.eventsPerDay = UInt64(eventsPerDay)
        random = SplitMix64(seed: world.seed &+ 0x6576_656E_7473)
        levels = Array(repeating: 0, count: world.players)
        namespacePart =
            Array(#"","namespace":"#.utf8) + Self.quoted(namespace) + Array(#","timestamp":""#.utf8)
        statParts = PartTable(SampleWords.statCodes.map { #"{"statCode":"\#($0)","latestValue":"# })
        goalParts = PartTable(
            world.goals.map { #"{"challengeId":"\#($0.challengeId)","goalId":"\#($0.id)""# }
        )
        lineBytesMax = 512 + namespacePart.count + max(statParts.longest, goalParts.longest)
        var claimable: [(goal: Int, level: UInt32)] = []
        for (index, goal) in world.goals.enumerated() where goal.isDefault && goal.prerequisites.isEmpty {
            claimable.append((goal: index, level: Self.likelyLevel(goal)))
        }
        // A world of few goals may have none of those.
        self.claimable = claimable.isEmpty ? [(goal: 0, level: 0)] : claimable
    }

    /// Appends the next event's line and its newline to `output`.
    package mutating func next(into output: inout [UInt8]) {
        let kind = random.below(100)
        let bits = random.next()
        let player = playerIndex(bits >> 32)
        withUnsafeTemporaryAllocation(byteCount: lineBytesMax, alignment: 8) { buffer in
            var writer = LineWriter(buffer)
            writer.byte(UInt8(ascii: "{"))
            if idlessEvery == 0 || (lineCount + 1) % idlessEvery != 0 {
                writer.text(#""id":""#)
                writer.uuid(key: idKey, line: lineCount)
                writer.text(#"","#)
            }
            writer.text(#""name":""#)
            switch kind {
            case ..<20: writer.text("userLoggedIn")
            case ..<95: writer.text("statItemUpdated")
            case ..<99: writer.text("goalActivationRequested")
            default: writer.text("rewardClaimRequested")
            }
            namespacePart.withUnsafeBytes { writer.bytes($0) }
            writeTime(&writer, jitter: bits & 15)
            writer.text(#"","userId":""#)
            writer.userId(seed: seed, player: player)
            writer.text(#"","payload":"#)
            switch kind {
            case ..<20: writer.text("{}")
            case ..<95: writeStat(&writer, player, bits & 0xFFFF_FFFF)
            case ..<99: writeActivation(&writer, bits & 0xFFFF_FFFF)
            default: writeClaim(&writer, player)
            }
            writer.text("}\n")
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<writer.count]))
        }
        lineCount += 1
    }

    private func playerIndex(_ bits: UInt64) -> Int {
        switch activity {
        case .uniform: return SplitMix64.reduce(bits, below: players)
        // The cube of a fraction below 1: small numbers are far likelier than large ones.
        case .skewed: return SplitMix64.reduce((((bits &* bits) >> 32) &* bits) >> 32, below: players)
        }
    }

    private mutating func writeTime(_ writer: inout LineWriter, jitter: UInt64) {
        // Somewhere within the line's own share of the day, so times never fall back.
        let (high, low) = (lineCount * 16 + jitter).multipliedFullWidth(by: 86_400_000)
        let elapsed = (eventsPerDay * 16).dividingFullWidth((high, low)).quotient
        // Beyond the year 9999 no event is valid: time stands still there.
        date.write(milliseconds: min(startMilliseconds + elapsed, CachedDate.lastMillisecond), to: &writer)
    }

    private mutating func writeStat(_ writer: inout LineWriter, _ player: Int, _ bits: UInt64) {
        levels[player] &+= 1
        let stat = SplitMix64.reduce(bits, below: statParts.count)
        statParts.withPart(stat) { writer.bytes($0) }
        writer.decimal(Self.value(level: levels[player], stat: stat))
        if bits & 7 == 0 { writer.text(".5") }
        writer.text(#","inc":1}"#)
    }

    private func writeActivation(_ writer: inout LineWriter, _ bits: UInt64) {
        goalParts.withPart(SplitMix64.reduce(bits, below: goalParts.count)) { writer.bytes($0) }
        if bits & 7 == 0 { writer.text(#","isActive":false}"#) } else { writer.text(#","isActive":true}"#) }
    }

    private mutating func writeClaim(_ writer: inout LineWriter, _ player: Int) {
        var choice = claimable[random.below(claimable.count)]
        var tries = 1
        while tries < 8, choice.level > levels[player] {
            choice = claimable[random.below(claimable.count)]
            tries += 1
        }
        goalParts.withPart(choice.goal) { writer.bytes($0) }
        writer.text("}")
    }

    /// Some stats count in ones, some in larger steps.
    private static func step(_ stat: Int) -> UInt32 { 1 + UInt32(stat % 6) }

    private static func value(level: UInt32, stat: Int) -> UInt32 { min(level, 100_000_000) * step(stat) }

    /// How many stats a player has likely sent when the goal is completed.
    private static func likelyLevel(_ goal: SampleGoal) -> UInt32 {
        let target = UInt32(goal.target)
        switch goal.kind {
        case .absolute: return goal.isLogin ? target * 5 : target / step(goal.stat) + 100
        case .increment: return goal.isLogin ? target * 5 : target * 120
        case .incrementByDay, .daily: return goal.isLogin ? target * 5 : .max
        }
    }

    /// The text as a JSON string.
    private static func quoted(_ text: String) -> [UInt8] {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
            case ..<32:
                quoted +=
                    Array("\\u00".utf8) + [byte < 16 ? 48 : 49] + Array(String(byte & 15, radix: 16).utf8)
            default: quoted.append(byte)
            }
        }
        return quoted + [UInt8(ascii: "\"")]
    }
}

/// Pieces of text in one array, so that using one costs no reference counting.
private struct PartTable: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = [0]

    init(_ parts: [String]) {
        for part in parts {
            bytes.append(contentsOf: part.utf8)
            ends.append(bytes.count)
        }
    }

    var count: Int { ends.count - 1 }
    var longest: Int { zip(ends, ends.dropFirst()).map { $1 - $0 }.max() ?? 0 }

    func withPart(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[ends[index]..<ends[index + 1]])) }
    }
}
