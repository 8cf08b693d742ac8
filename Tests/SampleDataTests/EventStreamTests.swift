import Foundation
import Goals
import SampleData
import TestKit
import Testing

@Suite struct EventStreamTests {
    /// 2026-01-05T00:00:00Z, a Monday.
    private static let start = Timestamp(microseconds: 1_767_571_200_000_000)

    private func text(_ stream: EventStream, lines: Int) -> [UInt8] {
        var stream = stream
        var bytes: [UInt8] = []
        for _ in 0..<lines { stream.next(into: &bytes) }
        return bytes
    }

    /// FNV-1a, 64 bits: enough to notice any change.
    private func fnv(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }

    private func events(_ bytes: [UInt8]) throws -> [NaiveEvent] {
        try bytes.split(separator: UInt8(ascii: "\n")).map { try NaiveEvent(line: Array($0)) }
    }

    @Test func `the first ten thousand lines of seed 1 never change`() throws {
        let stream = try SampleWorld(seed: 1).events(startingAt: Self.start)
        let bytes = text(stream, lines: 10_000)
        #expect(fnv(bytes) == 15_338_412_442_171_461_568)
        #expect(bytes.count == 2_276_953)
    }

    @Test func `a copy of a stream goes on alike, another seed does not`() throws {
        var stream = try SampleWorld(seed: 1).events(startingAt: Self.start)
        var skipped: [UInt8] = []
        for _ in 0..<100 { stream.next(into: &skipped) }
        #expect(stream.lineCount == 100)
        #expect(text(stream, lines: 100) == text(stream, lines: 100))
        #expect(text(stream, lines: 100) != skipped)
        #expect(text(try SampleWorld(seed: 2).events(startingAt: Self.start), lines: 100) != skipped)
    }

    @Test func `lines have the common layout and a real length`() throws {
        let world = try SampleWorld(seed: 1, players: 10)
        let bytes = text(try world.events(startingAt: Self.start, namespace: "mygame"), lines: 2_000)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2_000)
        #expect((215...240).contains(bytes.count / lines.count), "\(bytes.count / lines.count) bytes a line")
        let hex = "[0-9a-f]"
        let layout = try Regex(
            #"^\{"id":"\#(hex){8}-\#(hex){4}-4\#(hex){3}-[89ab]\#(hex){3}-\#(hex){12}","name":"[a-zA-Z]+","#
                + #""namespace":"mygame","timestamp":"2026-01-0\dT\d\d:\d\d:\d\d\.\d\d\dZ","userId":"\#(hex){32}","#
                + #""payload":\{.*\}\}$"#
        )
        for line in lines { #expect(line.contains(layout), "\(line)") }
        #expect(lines[0].contains("2026-01-05T00:00:00.0"))
    }

    @Test(arguments: PlayerActivity.allCases)
    func `kinds and players are mixed as promised`(activity: PlayerActivity) throws {
        let world = try SampleWorld(seed: 5, players: 500)
        let events = try events(text(world.events(startingAt: Self.start, activity: activity), lines: 40_000))
        var kinds: [String: Int] = [:]
        var eventsOf: [[UInt8]: Int] = [:]
        for event in events {
            kinds[String(String(describing: event.kind).prefix(5)), default: 0] += 1
            eventsOf[event.userId, default: 0] += 1
        }
        #expect((7_700...8_300).contains(kinds["login", default: 0]))
        #expect((29_600...30_400).contains(kinds["stat(", default: 0]))
        #expect((1_400...1_800).contains(kinds["activ", default: 0]))
        #expect((300...500).contains(kinds["claim", default: 0]))
        #expect(eventsOf.count == 500)
        #expect(Set(eventsOf.keys) == Set((0..<500).map { Array(world.userId($0).utf8) }))
        let busiest = eventsOf.values.sorted(by: >).prefix(50).reduce(0, +)
        switch activity {
        case .uniform: #expect((4_000...5_500).contains(busiest))
        case .skewed: #expect((17_000...20_500).contains(busiest))
        }
        #expect(Set(events.map(\.id)).count == events.count)
    }

    @Test func `times grow, and eventsPerDay lines fill a day`() throws {
        let stream = try SampleWorld(seed: 5).events(startingAt: Self.start, eventsPerDay: 1_000)
        let events = try events(text(stream, lines: 5_000))
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
        let first = NaiveTime.day(Self.start.microseconds)
        for (line, event) in events.enumerated() {
            #expect(NaiveTime.day(event.time) == first + line / 1_000)
        }
    }

    @Test(arguments: [951_782_400, 4_107_542_400, 1_735_689_599, 253_402_214_400 - 400 * 86_400, 0])
    func `dates are right around leap days and year ends`(second: Int64) throws {
        let start = Timestamp(microseconds: second * 1_000_000)
        let bytes = text(
            try SampleWorld(seed: 5).events(startingAt: start, eventsPerDay: 24),
            lines: 24 * 400
        )
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            let time = try NaiveEvent(line: Array(line)).time
            let least = start.microseconds + Int64(index) * 3_600_000_000
            #expect((least..<least + 3_600_000_000).contains(time))
            // The C library reads February 30th as a day in March, so the text counts too.
            let written = NaiveTime.write(time).prefix(23) + "Z"
            #expect(String(decoding: line, as: UTF8.self).contains(written))
        }
    }

    @Test func `time stands still at the end of the year 9999`() throws {
        let start = Timestamp(microseconds: 253_402_214_400_000_000)
        let bytes = text(try SampleWorld(seed: 5).events(startingAt: start, eventsPerDay: 1), lines: 5)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.dropFirst().allSatisfy { $0.contains("9999-12-31T23:59:59.999Z") })
        #expect(lines.allSatisfy { $0.contains("9999-12-31T") })
    }

    @Test(arguments: [1, 10, 7])
    func `one line in so many has no id, the others do`(idlessEvery: Int) throws {
        let world = try SampleWorld(seed: 5)
        let bytes = text(try world.events(startingAt: Self.start, idlessEvery: idlessEvery), lines: 1_000)
        let all = text(try world.events(startingAt: Self.start), lines: 1_000)
        let pairs = zip(bytes.split(separator: 10), all.split(separator: 10))
        for (index, (line, full)) in pairs.enumerated() {
            let isIdless = (index + 1) % idlessEvery == 0
            // {"id":"36 characters", is 45 bytes long.
            let expected = isIdless ? [UInt8(ascii: "{")] + full.dropFirst(45) : Array(full)
            #expect(Array(line) == expected)
        }
    }

    @Test(arguments: ["a", "q\"uo\\te", "tab\tand\u{1F}", "ünï 🏆", String(repeating: "n", count: 400)])
    func `any namespace is written as JSON`(namespace: String) throws {
        let bytes = text(
            try SampleWorld(seed: 5).events(startingAt: Self.start, namespace: namespace),
            lines: 1
        )
        let line = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect((line?["namespace"] as? String).map { Array($0.utf8) } == Array(namespace.utf8))
    }

    @Test func `numbers out of range are refused`() throws {
        let world = try SampleWorld(seed: 1)
        let before = Timestamp(microseconds: -1_000)
        let far = Timestamp(microseconds: 253_402_300_800_000_000)
        #expect(throws: SampleDataError.self) { try world.events(startingAt: Self.start, eventsPerDay: 0) }
        #expect(throws: SampleDataError.self) { try world.events(startingAt: Self.start, namespace: "") }
        #expect(throws: SampleDataError.self) {
            try world.events(startingAt: Self.start, namespace: String(repeating: "é", count: 201))
        }
        #expect(throws: SampleDataError.self) { try world.events(startingAt: Self.start, idlessEvery: -1) }
        #expect(throws: SampleDataError.self) { try world.events(startingAt: before) }
        #expect(throws: SampleDataError.self) { try world.events(startingAt: far) }
    }

    @Test func `a smallest world has events too`() throws {
        let world = try SampleWorld(seed: 3, challenges: 1, goalsPerChallenge: 1, players: 1)
        #expect(try events(text(world.events(startingAt: Self.start), lines: 500)).count == 500)
    }

    /// A sample on which nothing ever completes would show nothing and measure nothing.
    @Test func `players get somewhere: goals complete and claims succeed`() throws {
        let world = try SampleWorld(seed: 1, players: 50)
        let bytes = text(try world.events(startingAt: Self.start, eventsPerDay: 4_000), lines: 10_000)
        var oracle = NaiveGoalpost(namespace: "demo")
        try oracle.configure(world.challengesJSON())
        for event in try events(bytes) { oracle.apply(event) }
        let statuses = Dictionary(grouping: oracle.rows.values, by: \.status).mapValues(\.count)
        #expect(statuses["completed", default: 0] > 500, "\(statuses)")
        #expect(statuses["in_progress", default: 0] > 500, "\(statuses)")
        let outcomes = Dictionary(grouping: oracle.outcomes.values) { $0.errorCode ?? "applied" }.mapValues(
            \.count
        )
        #expect(oracle.grants.count > 20, "\(outcomes)")
        #expect(outcomes["GOAL_NOT_FOUND"] == nil, "\(outcomes)")
    }
}
