import TestKit
import Testing

@Suite struct NaiveGoalpostTests {
    typealias Script = NaiveScript

    @Test func `an absolute goal follows its stat and keeps its completion`() throws {
        var script = try Script("g absolute statistic:kills 10")
        try script.stat("kills", "7.9", "1 08:00")
        #expect(
            script.row("g")
                == NaiveRow(
                    userId: Array("p".utf8),
                    goalId: Array("g".utf8),
                    challengeId: Array("c".utf8),
                    namespace: "ns",
                    progress: 7,
                    status: "in_progress",
                    isActive: true,
                    assignedAt: Script.time("1 08:00"),
                    createdAt: Script.time("1 08:00"),
                    updatedAt: Script.time("1 08:00"),
                    lastEventAt: Script.time("1 08:00")
                )
        )
        try script.stat("kills", "10", "1 09:00")
        #expect(script.state("g") == "10 completed")
        try script.stat("kills", "3", "1 10:00")
        #expect(script.state("g") == "3 completed")
        #expect(script.row("g")?.completedAt == Script.time("1 09:00"))
        #expect(script.row("g")?.updatedAt == Script.time("1 10:00"))
        #expect(script.row("g")?.createdAt == Script.time("1 08:00"))
    }

    @Test(arguments: [
        ("-1", "-"), ("-1e300", "-"), ("-0.5", "0 in_progress"), ("0", "0 in_progress"),
        ("1e300", "2147483647 completed"), ("2147483648", "2147483647 completed"), ("9.99", "9 in_progress"),
        ("1e1", "10 completed"),
    ])
    func `an absolute value is truncated, clamped, or ignored when negative`(value: String, state: String)
        throws
    {
        var script = try Script("g absolute statistic:kills 10")
        try script.stat("kills", value, "1 08:00")
        #expect(script.state("g") == state)
    }

    @Test func `a late absolute value changes nothing, an equally old one counts`() throws {
        var script = try Script("g absolute statistic:kills 10")
        try script.stat("kills", "5", "1 08:00")
        try script.stat("kills", "9", "1 07:59")
        #expect(script.state("g") == "5 in_progress")
        #expect(script.row("g")?.lastEventAt == Script.time("1 08:00"))
        try script.stat("kills", "6", "1 08:00")
        #expect(script.state("g") == "6 in_progress")
    }

    @Test func `an event that leaves all columns as they are does not touch updated_at`() throws {
        var script = try Script("g absolute statistic:kills 10")
        try script.login("1 09:00")
        try script.stat("kills", "5", "1 08:00")
        let before = script.row("g")
        try script.stat("kills", "5", "1 08:00")
        #expect(script.row("g") == before)
        #expect(before?.assignedAt == Script.time("1 09:00"))
    }

    @Test func `a login counts one, late or not, and touches login goals only`() throws {
        var script = try Script("a absolute login:x 2", "s absolute statistic:x 2")
        try script.login("1 08:00")
        #expect(script.state("a") == "1 in_progress")
        try script.login("1 07:00")
        #expect(script.state("a") == "2 completed")
        #expect(script.row("a")?.completedAt == Script.time("1 07:00"))
        #expect(script.row("a")?.lastEventAt == Script.time("1 08:00"))
        #expect(script.state("s") == "-")
        try script.stat("x", "5", "1 09:00")
        #expect(script.state("a") == "2 completed")
        #expect(script.state("s") == "5 completed")
    }

    @Test func `an increment goal counts events, whatever their value`() throws {
        var script = try Script("g increment statistic:kills 3")
        try script.stat("kills", "-5", "1 08:00")
        try script.stat("kills", "1000", "1 07:00")
        try script.stat("other", "1", "1 09:00")
        #expect(script.state("g") == "2 in_progress")
        try script.stat("kills", "0", "1 06:00")
        try script.stat("kills", "0", "1 10:00")
        #expect(script.state("g") == "4 completed")
        #expect(script.row("g")?.completedAt == Script.time("1 06:00"))
    }

    @Test func `an increment goal with daily counts later days only`() throws {
        var script = try Script("g increment login:l 2 daily")
        try script.login("2 23:59")
        try script.login("2 23:59")
        try script.login("1 12:00")
        #expect(script.state("g") == "1 in_progress")
        try script.login("3 00:00")
        #expect(script.state("g") == "2 completed")
        #expect(script.row("g")?.lastCountedOn == NaiveTime.day(Script.time("3 00:00")))
    }

    @Test func `counting stops at the greatest progress`() throws {
        var script = try Script("g absolute statistic:kills 2147483647")
        try script.stat("kills", "2147483647", "1 08:00")
        try script.configure(["g increment statistic:kills 2147483647"])
        let before = script.row("g")
        try script.stat("kills", "1", "1 08:00")
        #expect(script.row("g") == before)
    }

    @Test func `a daily goal completes each day, and again after a claim`() throws {
        var script = try Script("g daily login:l 5")
        try script.login("2 08:00")
        #expect(script.state("g") == "1 completed")
        #expect(try script.claim("g", "2 09:00") == "applied")
        #expect(try script.claim("g", "2 10:00") == "ALREADY_CLAIMED")
        try script.login("2 11:00")
        #expect(script.state("g") == "1 claimed")
        #expect(try script.claim("g", "3 00:00") == "GOAL_NOT_COMPLETED")
        try script.login("1 08:00")
        #expect(script.state("g") == "1 claimed")
        try script.login("3 08:00")
        #expect(script.state("g") == "1 completed")
        #expect(script.row("g")?.claimedAt == nil)
        #expect(script.row("g")?.completedAt == Script.time("3 08:00"))
        #expect(try script.claim("g", "3 09:00") == "applied")
        #expect(script.oracle.grants.count == 2)
    }

    @Test func `claims are checked in order`() throws {
        var script = try Script(
            "a increment statistic:a 1",
            "b increment statistic:b 1 needs:a",
            "o increment statistic:o 1 optional",
            "d daily statistic:d 1",
            "e increment statistic:b 1 needs:d"
        )
        #expect(try script.claim("nope", "1 08:00") == "GOAL_NOT_FOUND")
        #expect(try script.claim("a", "1 08:00", challenge: "other") == "GOAL_NOT_FOUND")
        #expect(try script.claim("o", "1 08:00") == "GOAL_NOT_ACTIVE")
        #expect(try script.claim("a", "1 08:00") == "GOAL_NOT_COMPLETED")
        try script.stat("b", "1", "1 08:00")
        #expect(try script.claim("b", "1 08:00") == "PREREQUISITES_NOT_MET")
        try script.stat("a", "1", "1 08:00")
        #expect(try script.claim("b", "1 08:00") == "applied")
        #expect(try script.claim("b", "1 08:00") == "ALREADY_CLAIMED")
        try script.stat("b", "1", "1 08:30")
        #expect(script.state("b") == "1 claimed")
        try script.stat("d", "1", "1 23:00")
        #expect(try script.claim("e", "2 01:00") == "PREREQUISITES_NOT_MET")
        #expect(try script.claim("e", "1 23:30") == "applied")
    }

    @Test func `an inactive goal ignores events, and activation sets the time`() throws {
        var script = try Script("g increment statistic:k 9", "o increment statistic:k 9 optional")
        try script.stat("k", "1", "1 08:00")
        #expect(script.state("o") == "-")
        try script.activate("o", false, "1 08:10")
        #expect(script.state("o") == "-")
        try script.activate("o", true, "1 08:20")
        #expect(script.row("o")?.assignedAt == Script.time("1 08:20"))
        try script.activate("o", true, "1 08:30")
        #expect(script.row("o")?.assignedAt == Script.time("1 08:20"))
        try script.activate("g", false, "1 08:40")
        try script.stat("k", "1", "1 09:00")
        #expect(script.state("g") == "1 in_progress")
        #expect(script.state("o") == "1 in_progress")
        #expect(script.row("g")?.assignedAt == Script.time("1 08:00"))
        #expect(script.row("g")?.lastEventAt == Script.time("1 08:00"))
        try script.activate("nope", true, "1 09:00", id: "x")
        let key = NaiveRequestKey(userId: Array("p".utf8), eventId: Array("x".utf8))
        #expect(script.oracle.outcomes[key]?.errorCode == "GOAL_NOT_FOUND")
    }

    @Test func `a row keeps its own state when defaults and goals change`() throws {
        var script = try Script("a increment statistic:k 2", "b increment statistic:k 2 optional")
        try script.stat("k", "1", "1 08:00")
        try script.configure(["b increment statistic:k 2", "a increment statistic:k 1 optional"])
        try script.stat("k", "1", "1 09:00")
        #expect(script.state("a") == "2 completed")
        #expect(script.state("b") == "1 in_progress")
        #expect(script.row("b")?.assignedAt == Script.time("1 08:00"))
        try script.configure(["b increment statistic:k 2"])
        try script.stat("k", "1", "1 10:00")
        #expect(script.state("a") == "2 completed")
        #expect(script.state("b") == "2 completed")
    }

    @Test func `a request id is decided once in 30 days, for each player`() throws {
        var script = try Script("g increment statistic:k 1")
        #expect(try script.claim("g", "1 08:00", id: "r") == "GOAL_NOT_COMPLETED")
        try script.stat("k", "1", "1 09:00")
        #expect(try script.claim("g", "1 10:00", id: "r") == "GOAL_NOT_COMPLETED")
        #expect(script.oracle.duplicateRequestCount == 1)
        #expect(script.state("g") == "1 completed")
        #expect(try script.claim("g", "1 10:00", id: "r", player: "q") == "GOAL_NOT_COMPLETED")
        #expect(script.oracle.duplicateRequestCount == 1)
        #expect(try script.claim("g", "31 08:00", id: "r") == "GOAL_NOT_COMPLETED")
        #expect(script.oracle.duplicateRequestCount == 2)
        #expect(try script.claim("g", "31 08:01", id: "r") == "applied")
        // One that is older than the retention of the newest is decided and forgotten at once.
        #expect(try script.claim("g", "1 07:00", id: "old") == "none")
        #expect(script.oracle.outcomes.count == 2)
    }

    @Test func `a delivery marks its own player's grant, once`() throws {
        var script = try Script("g increment statistic:k 1")
        try script.delivered("r", "1 07:00")
        try script.stat("k", "1", "1 08:00")
        try script.claim("g", "1 09:00", id: "r")
        #expect(script.oracle.delivered.isEmpty)
        try script.delivered("r", "1 10:00", "q")
        #expect(script.oracle.delivered.isEmpty)
        try script.delivered("r", "1 11:00")
        try script.delivered("r", "1 12:00")
        let key = NaiveRequestKey(userId: Array("p".utf8), eventId: Array("r".utf8))
        #expect(script.oracle.delivered == [key])
        #expect(
            script.oracle.grants[key]
                == NaiveGrant(
                    goalId: Array("g".utf8),
                    reward: NaiveReward(type: "ITEM", rewardId: "r-g", quantity: 1),
                    claimedAt: Script.time("1 09:00"),
                    deliveredAt: Script.time("1 11:00")
                )
        )
    }

    @Test func `every event counts for the player's first and last time`() throws {
        var script = try Script("g increment statistic:k 1")
        try script.delivered("r", "2 07:00")
        try script.stat("unknown", "1", "1 07:00")
        let player = script.oracle.players[Array("p".utf8)]
        #expect(
            player == NaivePlayer(firstEventAt: Script.time("2 07:00"), lastEventAt: Script.time("2 07:00"))
        )
        try script.claim("g", "3 07:00")
        #expect(script.oracle.players[Array("p".utf8)]?.lastEventAt == Script.time("3 07:00"))
        #expect(script.oracle.rows.isEmpty)
    }

    @Test(arguments: ["[]", "{}", "{\"id\":\"1\"", "{\"id\":\"1\",\"userId\":\"p\",\"name\":\"x\"}"])
    func `a line that no log holds is refused`(line: String) throws {
        var oracle = NaiveGoalpost(namespace: "ns")
        #expect(throws: (any Error).self) { try oracle.apply(Array(line.utf8)) }
    }

    @Test func `both key styles mean the same`() throws {
        let camel =
            #"{"challenges":[{"challengeId":"c","name":"n","description":"d","goals":[{"goalId":"g","#
            + #""name":"n","description":"d","eventSource":"login","defaultAssigned":true,"requirement":{"#
            + #""statCode":"s","operator":">=","targetValue":3},"reward":{"type":"ITEM","rewardId":"r","quantity":1}}]}]}"#
        let snake =
            #"{"challenges":[{"id":"c","name":"n","description":"d","goals":[{"id":"g","#
            + #""name":"n","description":"d","event_source":"login","default_assigned":true,"requirement":{"#
            + #""stat_code":"s","operator":">=","target_value":3},"reward":{"type":"ITEM","reward_id":"r","quantity":1}}]}]}"#
        var oracle = NaiveGoalpost(namespace: "ns")
        try oracle.configure(Array(camel.utf8))
        let answers = NaiveAnswerKind.allCases.map { oracle.template($0) }
        try oracle.configure(Array(snake.utf8))
        #expect(NaiveAnswerKind.allCases.map { oracle.template($0) } == answers)
    }
}
