import Goals
import Payloads
import TestKit
import Testing

/// Answers spelled out by hand; every one is also checked as a frame.
@Suite struct AnswerTests {
    private let renderer: AnswerRenderer
    private let decoder: FrameDecoder

    init() throws {
        renderer = try AnswerRenderer(challenges: SmallSet.set)
        decoder = try FrameDecoder(renderer)
    }

    private func text(_ kind: AnswerKind, _ player: PlayerView) throws -> String {
        let bytes = renderer.render(kind, player)
        #expect(try decoder.decode(renderer.frame(kind, player)) == bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func json(_ kind: AnswerKind, _ player: PlayerView) throws -> JSONTree {
        try JSONTree(parsing: Array(text(kind, player).utf8))
    }

    /// A goal of `challenges` by its number.
    private func goal(_ number: Int, _ player: PlayerView) throws -> JSONTree {
        let goals = try json(.challenges, player)["challenges"].array.flatMap { $0["goals"].array }
        return goals[number]
    }

    @Test func `initialize for a player without rows, byte for byte`() throws {
        let expected =
            #"{"assignedGoals":[{"challengeId":"c1","goalId":"first","name":"The first","#
            + #""description":"Do first","isActive":true,"assignedAt":"2024-10-02T20:13:20Z","#
            + #""expiresAt":"","progress":0,"target":10,"status":"not_started","#
            + #""requirement":{"statCode":"kills","operator":">=","targetValue":10},"#
            + #""reward":{"type":"ITEM","rewardId":"sword","quantity":2}},"#
            + #"{"challengeId":"c1","goalId":"second","name":"The second","description":"Do second","#
            + #""isActive":true,"assignedAt":"2024-10-02T20:13:20Z","expiresAt":"","progress":0,"#
            + #""target":10,"status":"not_started","requirement":{"statCode":"kills","operator":">=","#
            + #""targetValue":10},"reward":{"type":"WALLET","rewardId":"sword","quantity":2}}],"#
            + #""newAssignments":0,"totalActive":2}"#
        #expect(try text(.initialize, SmallSet.player([])) == expected)
        let template = String(decoding: renderer.templates[0].bytes, as: UTF8.self)
        #expect(
            template
                == expected.replacing("2024-10-02T20:13:20Z", with: "").replacing(
                    #""newAssignments":0"#,
                    with: #""newAssignments":2"#
                )
        )
    }

    @Test func `challenges, byte for byte`() throws {
        let rows = [
            SmallSet.row(
                0,
                .claimed,
                progress: 12,
                completedAt: SmallSet.time(5),
                claimedAt: SmallSet.time(3661)
            ),
            SmallSet.row(3, .inProgress, progress: 3),
        ]
        let terms = #""requirement":{"statCode":"kills","operator":">=","targetValue":10},"reward":"#
        let expected =
            #"{"challenges":[{"challengeId":"c1","name":"Opening","description":"","goals":["#
            + #"{"goalId":"first","name":"The first","description":"Do first","# + terms
            + #"{"type":"ITEM","rewardId":"sword","quantity":2},"prerequisites":[],"progress":12,"#
            + #""status":"claimed","locked":false,"completedAt":"2024-10-04T00:00:05Z","#
            + #""claimedAt":"2024-10-04T01:01:01Z","isActive":true,"expiresAt":"","expiresInSeconds":0},"#
            + #"{"goalId":"second","name":"The second","description":"Do second","# + terms
            + #"{"type":"WALLET","rewardId":"sword","quantity":2},"prerequisites":["first"],"progress":0,"#
            + #""status":"not_started","locked":false,"completedAt":"","claimedAt":"","isActive":true,"#
            + #""expiresAt":"","expiresInSeconds":0},"#
            + #"{"goalId":"today","name":"The today","description":"Do today","# + terms
            + #"{"type":"WALLET","rewardId":"sword","quantity":2},"prerequisites":[],"progress":0,"#
            + #""status":"not_started","locked":false,"completedAt":"","claimedAt":"","isActive":false,"#
            + #""expiresAt":"","expiresInSeconds":0}]},"#
            + #"{"challengeId":"c2","name":"Späte \"Ziele\"","description":"a\\b\n\u0001","goals":["#
            + #"{"goalId":"far","name":"The far","description":"Do far","# + terms
            + #"{"type":"WALLET","rewardId":"sword","quantity":2},"prerequisites":["today","second"],"#
            + #""progress":3,"status":"in_progress","locked":true,"completedAt":"","claimedAt":"","#
            + #""isActive":true,"expiresAt":"","expiresInSeconds":0}]}]}"#
        #expect(try text(.challenges, SmallSet.player(rows)) == expected)
        // Every challenge has an active goal, one goal is not active: only that one is missing.
        let active = try json(.activeOnly, SmallSet.player(rows))["challenges"].array.map {
            $0["goals"].array.map { $0["goalId"].string }
        }
        #expect(active == [["first", "second"], ["far"]])
    }

    @Test func `active_only leaves out a challenge without an active goal`() throws {
        func ids(_ rows: [ProgressRow]) throws -> [String] {
            try json(.activeOnly, SmallSet.player(rows))["challenges"].array.map { $0["challengeId"].string }
        }
        #expect(try ids([]) == ["c1"])
        let off = [0, 1].map { SmallSet.row($0, .notStarted, isActive: false) }
        #expect(try ids(off) == [])
        #expect(try text(.activeOnly, SmallSet.player(off)) == #"{"challenges":[]}"#)
        #expect(try ids(off + [SmallSet.row(3, .notStarted)]) == ["c2"])
    }

    @Test func `no active goal leaves an empty list`() throws {
        let off = [0, 1].map { SmallSet.row($0, .completed, progress: 9, isActive: false) }
        #expect(
            try text(.initialize, SmallSet.player(off))
                == #"{"assignedGoals":[],"newAssignments":0,"totalActive":0}"#
        )
    }

    @Test func `a row's assignment time wins, and a missing one is empty`() throws {
        let rows = [SmallSet.row(0, .notStarted), SmallSet.row(2, .notStarted, assignedAt: SmallSet.time(1))]
        let goals = try json(.initialize, SmallSet.player(rows))["assignedGoals"].array
        #expect(goals.map { $0["goalId"].string } == ["first", "second", "today"])
        #expect(
            goals.map { $0["assignedAt"].string } == ["", "2024-10-02T20:13:20Z", "2024-10-04T00:00:01Z"]
        )
    }

    @Test func `a daily goal shows its completion on that day only`() throws {
        let rows = [
            SmallSet.row(
                2,
                .claimed,
                progress: 1,
                completedAt: SmallSet.time(86_399),
                claimedAt: SmallSet.time(86_400)
            ),
            SmallSet.row(1, .completed, progress: 10, completedAt: SmallSet.time(-900_000)),
        ]
        let same = SmallSet.player(rows)
        let next = SmallSet.player(rows, day: SmallSet.day.next)
        let shown = try [goal(2, same), goal(2, next)]
        #expect(shown.map { $0["status"].string } == ["claimed", "not_started"])
        #expect(shown.map { $0["progress"].text } == ["1", "0"])
        #expect(shown.map { $0["completedAt"].string } == ["2024-10-04T23:59:59Z", ""])
        #expect(shown.map { $0["claimedAt"].string } == ["2024-10-05T00:00:00Z", ""])
        #expect(try [goal(3, same), goal(3, next)].map { $0["locked"].text } == ["false", "true"])
        for kind in AnswerKind.allCases {
            #expect(try renderer.frame(kind, same).dailyUntil == SmallSet.day)
            #expect(try renderer.frame(kind, next).dailyUntil == nil)
        }
    }

    @Test func `dailyUntil is the earliest day of several and nil for other goals`() throws {
        var players = RandomPlayers(seed: 11, challengeCount: 4, goalsPerChallenge: 20)
        let renderer = try AnswerRenderer(challenges: players.set)
        for _ in 0..<50 {
            let player = players.player(rowPercent: 30)
            let days = player.rows.compactMap { row -> UTCDay? in
                guard players.set.goals[Int(row.goal)].type == .daily, let day = row.completedAt?.day else {
                    return nil
                }
                return day >= player.publishDay ? day : nil
            }
            #expect(try renderer.frames(player.view).allSatisfy { $0.dailyUntil == days.min() })
        }
    }

    @Test func `rows of goals that are no longer configured are shown nowhere`() throws {
        let stranger = SmallSet.row(99, .completed, progress: 5, completedAt: SmallSet.time(1))
        for kind in AnswerKind.allCases {
            #expect(try text(kind, SmallSet.player([stranger])) == text(kind, SmallSet.player([])))
        }
    }

    @Test func `one player's frame does not depend on the player before`() throws {
        var players = RandomPlayers(seed: 12)
        let used = try AnswerRenderer(challenges: players.set)
        for _ in 0..<30 {
            let player = players.player()
            let fresh = try AnswerRenderer(challenges: players.set)
            #expect(try used.frames(player.view) == fresh.frames(player.view))
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_868_799, "2000-02-29T23:59:59Z"),
        (1_709_164_800, "2024-02-29T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"), (-1, "1969-12-31T23:59:59Z"),
    ])
    func `times are written to the second, rounded down`(seconds: Int64, text: String) throws {
        let time = Timestamp(microseconds: seconds * 1_000_000 + 999_999)
        let player = PlayerView(firstEventAt: time, rows: [], publishDay: SmallSet.day)
        let goals = try json(.initialize, player)["assignedGoals"].array
        #expect(goals.first?["assignedAt"].string == text)
    }

    @Test func `templates name their SHA-256`() {
        #expect(renderer.templates.map(\.kind) == AnswerKind.allCases)
        #expect(renderer.templates.allSatisfy { $0.sha256.count == 32 })
        #expect(Set(renderer.templates.map(\.sha256)).count == 3)
    }
}
