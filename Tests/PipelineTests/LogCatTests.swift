import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Settings
import TestKit
import Testing

/// `goalpost log cat` against a parser that is slow and knows nothing of frames.
@Suite final class LogCatTests {
    private let directory: TemporaryDirectory
    private let access: LogAccess
    /// Every record of the log, as it is and as Foundation reads it.
    private let records: [(line: String, event: Event)]

    private struct Event: Decodable {
        struct Payload: Decodable { let statCode: String? }
        let name: String
        let userId: String
        let timestamp: String
        let payload: Payload?

        var time: Timestamp? { RFC3339.parse(timestamp) }
    }

    private static let names = ["userLoggedIn", "statItemUpdated", "rewardClaimRequested"]
    /// Some that stand inside each other, and some that JSON may write in several ways.
    private static let players = [
        "p1", "p11", "p", "\"q\"", "a\\b", "ä", "statItemUpdated", "kills", "tab\t",
    ]
    private static let statCodes = ["kills", "kill", "p1", "é", "back\\slash"]

    /// 3,000 records in frames of random sizes and segments of some 8 kB; times go on by about a second a record.
    init() async throws {
        directory = try TemporaryDirectory()
        let settings = try await Settings.load(data: directory.path, environment: [:])
        access = LogAccess(settings)
        try LogDirectory.create(volume: access.volume, path: access.directory.path) { UUID().uuidString }
        let writer = try LogWriter.open(
            volume: access.volume,
            directory: access.directory.path,
            limits: LogLimits(segmentBytesMax: 8_000),
            now: { 0 }
        )
        var random = SplitMix64(seed: 11)
        var lines: [String] = []
        while lines.count < 3_000 {
            var frame: [String] = []
            var times: [Int64] = []
            for _ in 0..<Int.random(in: 1...120, using: &random) {
                let time = Self.time(lines.count + frame.count, &random)
                times.append(time.milliseconds)
                frame.append(Self.line(time, &random))
            }
            let content = FrameContent(
                bytes: frame.flatMap { Array(($0 + "\n").utf8) },
                recordCount: UInt32(frame.count),
                leastTime: times.min() ?? 0,
                greatestTime: times.max() ?? 0
            )
            _ = try writer.append(content)
            lines += frame
        }
        writer.close()
        records = try lines.map { ($0, try JSONDecoder().decode(Event.self, from: Data($0.utf8))) }
        #expect(try access.directory.segmentNames().count > 5)
    }

    private static func time(_ index: Int, _ random: inout SplitMix64) -> Timestamp {
        let jitter = Int64.random(in: -30_000_000...30_000_000, using: &random)
        return Timestamp(microseconds: 1_760_000_000_000_000 + Int64(index) * 1_000_000 + jitter)
    }

    /// An event as JSON, its strings escaped in one of several ways.
    private static func line(_ time: Timestamp, _ random: inout SplitMix64) -> String {
        func text(_ word: String) -> String {
            let isEscaped = Int.random(in: 0..<8, using: &random) == 0
            let body = word.unicodeScalars.map { scalar -> String in
                if isEscaped || scalar.value < 0x20 {
                    return "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                        + String(scalar.value, radix: 16)
                }
                return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
            }
            return "\"" + body.joined() + "\""
        }
        let name = names[Int.random(in: 0..<names.count, using: &random)]
        let user = players[Int.random(in: 0..<players.count, using: &random)]
        let stat = statCodes[Int.random(in: 0..<statCodes.count, using: &random)]
        let payload =
            switch name {
            case "statItemUpdated": ",\"payload\":{\"statCode\":\(text(stat)),\"latestValue\":1}"
            case "rewardClaimRequested": ",\"payload\":{\"challengeId\":\"c\",\"goalId\":\"kills\"}"
            default: ""
            }
        return "{\"id\":\"\(random.next())\",\"name\":\(text(name)),\"namespace\":\"n\","
            + "\"timestamp\":\"\(RFC3339.text(time))\",\"userId\":\(text(user))\(payload)}"
    }

    private func expected(_ filter: RecordFilter, _ limit: UInt64) -> [String] {
        let found = records.enumerated().filter { index, record in
            let (offset, event) = (UInt64(index), record.event)
            if let from = filter.fromOffset, offset < from { return false }
            if let to = filter.toOffset, offset >= to { return false }
            guard let time = event.time else { return false }
            if let from = filter.fromTime, time < from { return false }
            if let to = filter.toTime, time >= to { return false }
            let (names, users) = (filter.events.map(\.name.description), filter.players)
            if !names.isEmpty, !names.contains(event.name) { return false }
            if !users.isEmpty, !users.contains(Array(event.userId.utf8)) { return false }
            guard !filter.statCodes.isEmpty else { return true }
            return event.payload?.statCode.map { filter.statCodes.contains(Array($0.utf8)) } ?? false
        }
        return found.prefix(Int(min(limit, 1 << 30))).map(\.element.line)
    }

    @Test(arguments: UInt64(0)..<300)
    func `it finds exactly what a parser of every line finds`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func one(in count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }
        func some(_ words: [String]) -> [[UInt8]] {
            guard one(in: 2) else { return [] }
            let count = one(in: 6) ? 40 : Int.random(in: 1...3, using: &random)
            return (0..<count).map {
                Array((words + ["nobody\($0)"]).randomElement(using: &random)?.utf8 ?? "".utf8)
            }
        }
        var filter = RecordFilter()
        filter.players = some(Self.players)
        filter.statCodes = one(in: 2) ? some(Self.statCodes) : []
        if one(in: 3) { filter.events = EventKind.allCases.filter { _ in one(in: 2) } }
        let last = UInt64(records.count)
        if one(in: 3) { filter.fromOffset = UInt64.random(in: 0...last, using: &random) }
        if one(in: 3) {
            filter.toOffset = UInt64.random(in: (filter.fromOffset ?? 0)...(last + 9), using: &random)
        }
        let times = records.compactMap(\.event.time)
        if one(in: 2) { filter.fromTime = times.randomElement(using: &random) }
        if one(in: 2) { filter.toTime = times.randomElement(using: &random) }
        let limit = one(in: 3) ? UInt64.random(in: 0...200, using: &random) : .max
        let wanted = expected(filter, limit)
        var output: [UInt8] = []
        let count = try LogCatJob(access: access).run(filter, limit: limit) { bytes in
            output += bytes
            return true
        }
        let found = output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        #expect(found == wanted)
        #expect(count == UInt64(wanted.count))
        #expect(try LogCatJob(access: access).run(filter, limit: limit, emit: nil) == count)
    }

    @Test func `offsets that are not there are errors`() throws {
        var filter = RecordFilter()
        filter.fromOffset = UInt64(records.count + 1)
        #expect(throws: LogError.self) { _ = try LogCatJob(access: access).run(filter, emit: nil) }
    }

    /// The program over the log of this test.
    private var program: GoalpostProgram { GoalpostProgram(data: directory.path, databaseURL: "host=/x") }

    @Test func `the program prints, counts and stops as asked`() throws {
        let player = "a\\b"
        var filter = RecordFilter()
        filter.players = [Array(player.utf8)]
        let wanted = expected(filter, .max)
        let printed = try program.succeed("log", "cat", "--player", player)
        #expect(printed == wanted.map { $0 + "\n" }.joined())
        #expect(try program.succeed("log", "cat", "--player", player, "--count") == "\(wanted.count)\n")
        #expect(try program.succeed("log", "cat", "--player", player, "--limit", "1") == wanted[0] + "\n")
        let time = try #require(records[1500].event.time)
        filter.players += [Array("p1".utf8)]
        (filter.fromTime, filter.events) = (time, [.statItemUpdated, .userLoggedIn])
        let output = try program.succeed(
            "log",
            "cat",
            "--player",
            player,
            "--player",
            "p1",
            "--from-time",
            RFC3339.text(time),
            "--event",
            "statItemUpdated",
            "--event",
            "userLoggedIn"
        )
        #expect(output == expected(filter, .max).map { $0 + "\n" }.joined())
        for words in [
            ["--event", "userLoggedOut"], ["--player", ""], ["--from-offset", "9", "--to-offset", "8"],
            ["--to-time", "yesterday"],
            ["--from-time", "2026-01-05T00:00:00Z", "--to-time", "2026-01-05T00:00:00Z"],
        ] {
            let result = try Command.run(
                GoalpostProgram.path,
                ["log", "cat"] + words,
                environment: program.environment
            )
            #expect(result.status == 64, "\(words): \(result.error)")
        }
    }

    @Test func `a reader that has enough ends it quietly`() throws {
        // More than a pipe holds, so that it is still writing when head is gone.
        #expect(records.reduce(0) { $0 + $1.line.utf8.count } > 1 << 17)
        let script = "set -o pipefail; goalpost log cat | head -n 1"
        var environment = program.environment
        environment["PATH"] = Command.binaries.path() + ":" + (environment["PATH"] ?? "")
        let result = try Command.run("/bin/bash", ["-c", script], environment: environment)
        #expect(result.status == 0)
        #expect(result.error == "")
        #expect(String(decoding: result.output, as: UTF8.self) == records[0].line + "\n")
    }
}
