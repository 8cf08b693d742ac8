import Goals
import Testing

@Suite struct ChallengeFileTests {
    static func goal(_ id: String, _ changes: [String: String] = [:]) -> String {
        var members = [
            ("goalId", "\"\(id)\""), ("name", "\"Goal\""), ("eventSource", "\"statistic\""),
            ("requirement", #"{"statCode":"kills","operator":">=","targetValue":10}"#),
            ("reward", #"{"type":"ITEM","rewardId":"sword","quantity":1}"#),
        ]
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            members.removeAll { $0.0 == key }
            if !value.isEmpty { members.append((key, value)) }
        }
        return "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
    }

    static func file(_ goals: [String], challenge: String = #""challengeId":"c","name":"C""#) -> [UInt8] {
        Array("{\"challenges\":[\n{\(challenge),\"goals\":[\n\(goals.joined(separator: ",\n"))]}]}".utf8)
    }

    static func faults(_ bytes: [UInt8]) -> [String] {
        switch ChallengeFile.read(bytes) {
        case .valid: []
        case .invalid(let faults): faults.map(\.description)
        }
    }

    @Test func `both key styles give the same set`() throws {
        let camel = Self.file([
            Self.goal("g1", ["type": "\"increment\"", "daily": "true", "defaultAssigned": "true"]),
            Self.goal("g2", ["prerequisites": "[\"g1\"]", "unknown": "[{}]"]),
        ])
        let snake = Array(
            """
            {"challenges":[{"id":"c","name":"C","goals":[
            {"id":"g1","name":"Goal","type":"increment","daily":true,"default_assigned":true,
             "event_source":"statistic","requirement":{"stat_code":"kills","operator":">=","target_value":10},
             "reward":{"type":"ITEM","reward_id":"sword","quantity":1}},
            {"id":"g2","name":"Goal","event_source":"statistic","prerequisites":["g1"],
             "requirement":{"stat_code":"kills","operator":">=","target_value":10.0},
             "reward":{"type":"ITEM","reward_id":"sword","quantity":1}}]}]}
            """.utf8
        )
        guard case .valid(let one) = ChallengeFile.read(camel),
            case .valid(let other) = ChallengeFile.read(snake)
        else {
            Issue.record("\(Self.faults(camel)) \(Self.faults(snake))")
            return
        }
        #expect(one.goals == other.goals && one.challenges == other.challenges)
        #expect(one.goals[0].countsOncePerDay && one.goals[0].isDefaultAssigned)
        #expect(one.goals[1].type == .absolute && one.goals[1].prerequisites == [0])
        #expect(one.statGoals == [[0, 1]] && one.loginGoals.isEmpty)
        #expect(one.goalIndex(Identifier("g2"), in: Identifier("c")) == 1)
        #expect(one.goalIndex(Identifier("g2"), in: Identifier("d")) == nil)
        #expect(one.statNumber(Identifier("kills")) == 0 && one.statNumber(Identifier("wins")) == nil)
    }

    @Test(arguments: [
        (["goalId": "\"\""], "goal ID cannot be empty"), (["name": ""], "goal name cannot be empty"),
        (["type": "\"weekly\""], "invalid goal type 'weekly' (must be 'absolute', 'increment', or 'daily')"),
        (["eventSource": ""], "event_source cannot be empty"),
        (["eventSource": "\"chat\""], "invalid event_source 'chat' (must be 'login' or 'statistic')"),
        (
            ["daily": "true"],
            "daily flag can only be true for increment-type goals (current type: 'absolute')"
        ),
        (["requirement": #"{"operator":">=","targetValue":1}"#], "stat_code cannot be empty"),
        (
            ["requirement": #"{"statCode":"k","operator":"<","targetValue":1}"#],
            "unsupported operator '<' (only '>=' supported)"
        ),
        (
            ["requirement": #"{"statCode":"k","operator":">=","targetValue":0}"#],
            "target_value must be positive"
        ),
        (
            ["requirement": #"{"statCode":"k","operator":">=","targetValue":1.5}"#],
            "target_value must be positive: a whole number of at most 2147483647 is wanted"
        ),
        (
            ["reward": #"{"type":"COIN","rewardId":"r","quantity":1}"#],
            "unsupported reward type 'COIN' (only 'ITEM' or 'WALLET' allowed)"
        ),
        (["reward": #"{"type":"ITEM","quantity":1}"#], "reward_id cannot be empty"),
        (["reward": #"{"type":"ITEM","rewardId":"r","quantity":-1}"#], "reward quantity must be positive"),
        (["description": "5"], "'description' must be a string"),
        (["defaultAssigned": "1"], "'defaultAssigned' must be true or false"),
    ])
    func `each goal rule names line, challenge and goal`(changes: [String: String], message: String) {
        let id = changes["goalId"] == nil ? "bad" : ""
        let faults = Self.faults(Self.file([Self.goal("ok"), Self.goal("bad", changes)]))
        #expect(faults == ["line 4: invalid goal '\(id)' in challenge 'c': \(message)"])
    }

    @Test func `ids have at most 100 characters and no U+0000`() {
        let most = String(repeating: "é", count: 100)
        #expect(Self.faults(Self.file([Self.goal(most)])).isEmpty)
        #expect(
            Self.faults(Self.file([Self.goal(most + "x")])).first?.contains("at most 100 characters") == true
        )
        #expect(Self.faults(Self.file([Self.goal("a\\u0000b")])).first?.contains("no U+0000") == true)
    }

    @Test(arguments: [
        ("{}", "line 1: config must have at least one challenge"),
        (#"{"challenges":[]}"#, "line 1: config must have at least one challenge"),
        (#"{"challenges":{}}"#, "line 1: 'challenges' must be a list of objects"),
        (#"{"challenges":[7]}"#, "line 1: 'challenges' must be a list of objects"),
        (
            "{\"challenges\":[\n{\"challengeId\":\"c\",\"name\":\"C\",\"goals\":[]}]}",
            "line 2: invalid challenge 'c': challenge must have at least one goal"
        ),
        (
            "{\"challenges\":[\n\n{\"challengeId\":\"c\",\"name\":\"C\",\"goals\":[}",
            "line 3: failed to parse config JSON: the text has a byte that JSON does not allow here"
        ),
        ("", "line 1: failed to parse config JSON: the text ends in the middle of a value"),
    ])
    func `a broken file says where`(text: String, message: String) {
        #expect(Self.faults(Array(text.utf8)) == [message])
    }

    @Test func `challenge rules and uniqueness`() {
        let goal = Self.goal("g")
        #expect(
            Self.faults(Self.file([goal], challenge: #""challengeId":"","name":"""#)) == [
                "line 2: invalid challenge '': challenge ID cannot be empty",
                "line 2: invalid challenge '': challenge name cannot be empty",
            ]
        )
        #expect(Self.faults(Self.file([goal, goal])) == ["line 4: duplicate goal ID: g"])
        let twice =
            #"{"challenges":[{"challengeId":"c","name":"C","goals":[\#(goal)]},"#
            + "\n" + #"{"challengeId":"c","name":"C","goals":[\#(Self.goal("h"))]}]}"#
        #expect(Self.faults(Array(twice.utf8)) == ["line 2: duplicate challenge ID: c"])
    }

    @Test func `prerequisites exist, differ from their goal and form no cycle`() {
        func file(_ links: [(String, String)]) -> [String] {
            Self.faults(Self.file(links.map { Self.goal($0.0, ["prerequisites": $0.1]) }))
        }
        #expect(file([("a", "[]"), ("b", "[\"a\"]"), ("c", "[\"a\",\"b\"]")]).isEmpty)
        #expect(file([("a", "[\"z\"]")]) == ["line 3: goal 'a' has invalid prerequisite: 'z' does not exist"])
        #expect(file([("a", "[\"a\"]")]) == ["line 3: goal 'a' has itself as a prerequisite"])
        #expect(
            file([("a", "[1]")]) == ["line 3: goal 'a' has prerequisites that are not a list of goal ids"]
        )
        #expect(
            file([("a", "[\"b\"]"), ("b", "[\"c\"]"), ("c", "[\"a\"]"), ("d", "[\"a\"]")])
                == ["line 3: prerequisites form a cycle: 'a' → 'b' → 'c' → 'a'"]
        )
    }

    @Test func `all faults are listed, at most 50`() {
        let goals = (0..<60).map { Self.goal("g\($0)", ["name": ""]) }
        #expect(Self.faults(Self.file(goals)).count == 50)
    }
}
