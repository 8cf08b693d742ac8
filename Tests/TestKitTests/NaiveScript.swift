import TestKit

/// A small scripted world: goals in one line each, events with times like `1 07:00` (day of January 2026).
struct NaiveScript {
    private(set) var oracle = NaiveGoalpost(namespace: "ns")
    private var count = 0

    /// `goals` are rows of (id, type, source:stat, target, flags); all in challenge `c`.
    init(_ goals: String...) throws { try configure(goals) }

    mutating func configure(_ goals: [String]) throws {
        let list = goals.map { row in
            let words = row.split(separator: " ").map(String.init)
            let (id, type, source, target) = (words[0], words[1], words[2].split(separator: ":"), words[3])
            let flags = words.dropFirst(4)
            let needs = flags.filter { $0.hasPrefix("needs:") }.map { "\"\($0.dropFirst(6))\"" }
            return #"{"goalId":"\#(id)","name":"N","description":"D","type":"\#(type)","#
                + #""eventSource":"\#(source[0])","daily":\#(flags.contains("daily")),"#
                + #""defaultAssigned":\#(!flags.contains("optional")),"#
                + #""requirement":{"statCode":"\#(source.last ?? "")","operator":">=","targetValue":\#(target)},"#
                + #""reward":{"type":"ITEM","rewardId":"r-\#(id)","quantity":1},"#
                + #""prerequisites":[\#(needs.joined(separator: ","))]}"#
        }
        let json =
            #"{"challenges":[{"challengeId":"c","name":"C","description":"","goals":["#
            + list.joined(separator: ",") + "]}]}"
        try oracle.configure(Array(json.utf8))
    }

    /// An instant in January 2026: `5 07:30` is 07:30 UTC on the fifth.
    static func time(_ text: String) -> Int64 {
        let numbers = text.split { $0 == " " || $0 == ":" }.compactMap { Int64($0) }
        return 1_767_225_600_000_000 + (((numbers[0] - 1) * 24 + numbers[1]) * 60 + numbers[2]) * 60_000_000
    }

    mutating func login(_ at: String, _ player: String = "p") throws {
        try event(at, player, "userLoggedIn", "{}")
    }

    mutating func stat(_ code: String, _ value: String, _ at: String, _ player: String = "p") throws {
        try event(at, player, "statItemUpdated", #"{"statCode":"\#(code)","latestValue":\#(value),"inc":9}"#)
    }

    mutating func activate(_ goal: String, _ isActive: Bool, _ at: String, id: String? = nil) throws {
        let payload = #"{"challengeId":"c","goalId":"\#(goal)","isActive":\#(isActive)}"#
        try event(at, "p", "goalActivationRequested", payload, id: id)
    }

    /// Returns the outcome: `applied`, or the error code.
    @discardableResult
    mutating func claim(
        _ goal: String,
        _ at: String,
        challenge: String = "c",
        id: String? = nil,
        player: String = "p"
    ) throws -> String {
        let payload = #"{"challengeId":"\#(challenge)","goalId":"\#(goal)"}"#
        try event(at, player, "rewardClaimRequested", payload, id: id)
        let key = NaiveRequestKey(userId: Array(player.utf8), eventId: Array((id ?? "e\(count)").utf8))
        guard let outcome = oracle.outcomes[key] else { return "none" }
        return outcome.errorCode ?? "applied"
    }

    mutating func delivered(_ claim: String, _ at: String, _ player: String = "p") throws {
        try event(at, player, "rewardDelivered", #"{"claimEventId":"\#(claim)"}"#)
    }

    private mutating func event(
        _ at: String,
        _ player: String,
        _ name: String,
        _ payload: String,
        id: String? = nil
    ) throws {
        count += 1
        let line =
            #"{"id":"\#(id ?? "e\(count)")","name":"\#(name)","namespace":"ns","#
            + #""timestamp":"\#(NaiveTime.write(Self.time(at)))","userId":"\#(player)","payload":\#(payload)}"#
        try oracle.apply(Array(line.utf8))
    }

    func row(_ goal: String, _ player: String = "p") -> NaiveRow? {
        oracle.rows[NaiveRowKey(userId: Array(player.utf8), goalId: Array(goal.utf8))]
    }

    /// Progress and status of a row in short, `-` where there is none.
    func state(_ goal: String) -> String { row(goal).map { "\($0.progress) \($0.status)" } ?? "-" }
}
