import TestKit
import Testing

@Suite struct NaiveAnswersTests {
    private static let configuration = #"""
        {"challenges":[{"challengeId":"c1","name":"One","description":"Say \"hi\"\u0001/\u00e9","goals":[
         {"goalId":"g1","name":"A","description":"a","type":"absolute","eventSource":"statistic","defaultAssigned":true,
          "requirement":{"statCode":"kills","operator":">=","targetValue":10},
          "reward":{"type":"ITEM","rewardId":"sword","quantity":1}},
         {"goalId":"g2","name":"B","description":"b","type":"daily","eventSource":"login","prerequisites":["g1"],
          "requirement":{"statCode":"login","operator":">=","targetValue":1},
          "reward":{"type":"WALLET","rewardId":"gold","quantity":5}}]},
         {"challengeId":"c2","name":"Two","description":"d","goals":[
         {"goalId":"g3","name":"C","description":"c","eventSource":"statistic","prerequisites":["g2"],
          "requirement":{"statCode":"x","operator":">=","targetValue":2},
          "reward":{"type":"ITEM","rewardId":"hat","quantity":2}}]}]}
        """#

    private static func goal(
        _ goal: Int,
        progress: Int = 0,
        status: String = "not_started",
        locked: Bool = false,
        completedAt: String = "",
        claimedAt: String = "",
        isActive: Bool = false
    ) -> String {
        let head = [
            #"{"goalId":"g1","name":"A","description":"a","requirement":{"statCode":"kills","operator":">=","targetValue":10},"reward":{"type":"ITEM","rewardId":"sword","quantity":1},"prerequisites":[]"#,
            #"{"goalId":"g2","name":"B","description":"b","requirement":{"statCode":"login","operator":">=","targetValue":1},"reward":{"type":"WALLET","rewardId":"gold","quantity":5},"prerequisites":["g1"]"#,
            #"{"goalId":"g3","name":"C","description":"c","requirement":{"statCode":"x","operator":">=","targetValue":2},"reward":{"type":"ITEM","rewardId":"hat","quantity":2},"prerequisites":["g2"]"#,
        ]
        return head[goal - 1]
            + #","progress":\#(progress),"status":"\#(status)","locked":\#(locked),"completedAt":"\#(completedAt)","#
            + #""claimedAt":"\#(claimedAt)","isActive":\#(isActive),"expiresAt":"","expiresInSeconds":0}"#
    }

    private static let c1 = #"{"challengeId":"c1","name":"One","description":"Say \"hi\"\u0001/é","goals":["#
    private static let c2 = #"{"challengeId":"c2","name":"Two","description":"d","goals":["#

    private func oracle(_ events: (time: String, name: String, payload: String)...) throws -> NaiveGoalpost {
        var oracle = NaiveGoalpost(namespace: "ns")
        try oracle.configure(Array(Self.configuration.utf8))
        for (index, event) in events.enumerated() {
            let line =
                #"{"id":"\#(index)","name":"\#(event.name)","namespace":"ns","timestamp":"\#(event.time)","#
                + #""userId":"p","payload":\#(event.payload)}"#
            try oracle.apply(Array(line.utf8))
        }
        return oracle
    }

    @Test func `the template shows default goals as active and nothing done`() throws {
        let oracle = try oracle()
        #expect(
            oracle.template(.challenges)
                == #"{"challenges":["# + Self.c1 + Self.goal(1, isActive: true) + ","
                + Self.goal(2, locked: true)
                + "]}," + Self.c2 + Self.goal(3, locked: true) + "]}]}"
        )
        #expect(
            oracle.template(.activeOnly)
                == #"{"challenges":["# + Self.c1 + Self.goal(1, isActive: true) + "]}]}"
        )
        #expect(
            oracle.template(.initialize)
                == #"{"assignedGoals":[{"challengeId":"c1","goalId":"g1","name":"A","description":"a","isActive":true,"assignedAt":"","expiresAt":"","progress":0,"target":10,"status":"not_started","requirement":{"statCode":"kills","operator":">=","targetValue":10},"reward":{"type":"ITEM","rewardId":"sword","quantity":1}}],"newAssignments":1,"totalActive":1}"#
        )
        #expect(
            oracle.answer(Array("nobody".utf8), .challenges, publishDay: 9) == oracle.template(.challenges)
        )
    }

    @Test func `a daily goal is shown on its day and like new on the next`() throws {
        let oracle = try oracle(
            ("2026-01-05T10:00:00.999Z", "statItemUpdated", #"{"statCode":"kills","latestValue":12}"#),
            (
                "2026-01-05T10:01:00Z", "goalActivationRequested",
                #"{"challengeId":"c1","goalId":"g2","isActive":true}"#
            ),
            ("2026-01-05T10:02:00Z", "userLoggedIn", "{}"),
            ("2026-01-05T10:03:00Z", "rewardClaimRequested", #"{"challengeId":"c1","goalId":"g2"}"#)
        )
        let day = try NaiveTime.day(NaiveTime.parse("2026-01-05T00:00:00Z"))
        let first = Self.goal(
            1,
            progress: 12,
            status: "completed",
            completedAt: "2026-01-05T10:00:00Z",
            isActive: true
        )
        let second = Self.goal(
            2,
            progress: 1,
            status: "claimed",
            completedAt: "2026-01-05T10:02:00Z",
            claimedAt: "2026-01-05T10:03:00Z",
            isActive: true
        )
        #expect(
            oracle.answer(Array("p".utf8), .challenges, publishDay: day)
                == #"{"challenges":["# + Self.c1 + first + "," + second + "]}," + Self.c2 + Self.goal(3)
                + "]}]}"
        )
        let later = Self.goal(2, isActive: true)
        #expect(
            oracle.answer(Array("p".utf8), .challenges, publishDay: day + 1)
                == #"{"challenges":["# + Self.c1 + first + "," + later + "]}," + Self.c2
                + Self.goal(3, locked: true) + "]}]}"
        )
        #expect(
            oracle.answer(Array("p".utf8), .initialize, publishDay: day + 1)
                == #"{"assignedGoals":[{"challengeId":"c1","goalId":"g1","name":"A","description":"a","isActive":true,"assignedAt":"2026-01-05T10:00:00Z","expiresAt":"","progress":12,"target":10,"status":"completed","requirement":{"statCode":"kills","operator":">=","targetValue":10},"reward":{"type":"ITEM","rewardId":"sword","quantity":1}},{"challengeId":"c1","goalId":"g2","name":"B","description":"b","isActive":true,"assignedAt":"2026-01-05T10:01:00Z","expiresAt":"","progress":0,"target":1,"status":"not_started","requirement":{"statCode":"login","operator":">=","targetValue":1},"reward":{"type":"WALLET","rewardId":"gold","quantity":5}}],"newAssignments":0,"totalActive":2}"#
        )
    }

    @Test func `a player without active goals has empty lists`() throws {
        let oracle = try oracle(
            (
                "2026-01-05T10:01:00Z", "goalActivationRequested",
                #"{"challengeId":"c1","goalId":"g1","isActive":false}"#
            )
        )
        #expect(oracle.answer(Array("p".utf8), .activeOnly, publishDay: 0) == #"{"challenges":[]}"#)
        #expect(
            oracle.answer(Array("p".utf8), .initialize, publishDay: 0)
                == #"{"assignedGoals":[],"newAssignments":0,"totalActive":0}"#
        )
    }

    @Test func `text is escaped where JSON asks for it, and nowhere else`() {
        #expect(
            NaiveGoalpost.quote("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é\u{2028}🏆")
                == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}é\u{2028}🏆\""
        )
    }
}
