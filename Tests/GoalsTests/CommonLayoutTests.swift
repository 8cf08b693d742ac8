import Goals
import TestKit
import Testing

/// Lines in the common layout are read by a path of their own, which agrees with the general one on every line.
@Suite struct CommonLayoutTests {
    /// What a scan says, in one comparable shape.
    private static func reading(_ line: [UInt8], _ scanner: inout EventScanner) -> String {
        do throws(EventFault) {
            guard case .event(let view) = try scanner.scan(line.span, now: nil) else { return "other" }
            func text(_ text: EventText) -> [UInt8] { scanner.bytes(text, in: line.span) }
            return "\(view.kind) \(text(view.id)) \(view.time?.microseconds ?? -1) \(text(view.user)) "
                + "\(text(view.statCode)) \(view.value.bitPattern) \(text(view.challengeID)) "
                + "\(text(view.goalID)) \(view.isActive) \(text(view.claimEventID))"
        } catch {
            return "\(error.reason)"
        }
    }

    private static func expectAlike(
        _ line: [UInt8],
        _ fast: inout EventScanner,
        _ general: inout EventScanner
    ) {
        let (one, two) = (reading(line, &fast), reading(line, &general))
        #expect(one == two, "\(String(decoding: line, as: UTF8.self))")
    }

    private static var scanners: (fast: EventScanner, general: EventScanner) {
        (
            EventScanner(namespace: nil, checks: false),
            EventScanner(namespace: nil, checks: false, usesCommonLayout: false)
        )
    }

    @Test(arguments: UInt64(1)...20)
    func `both agree on random lines, whole and damaged`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 600)
        var random = SplitMix64(seed: seed ^ 0xFA57)
        var (fast, general) = Self.scanners
        for line in history.lines {
            Self.expectAlike(line, &fast, &general)
            for _ in 0..<8 {
                var damaged = line
                switch random.next() % 4 {
                case 0: damaged.remove(at: Int(random.next() % UInt64(line.count)))
                case 1: damaged.insert(line[Int(random.next() % UInt64(line.count))], at: 0)
                case 2: damaged.removeLast(1 + Int(random.next() % UInt64(line.count / 2)))
                default:
                    let odd: [UInt8] = Array("\"\\{}:,.0189-eZT \u{1}é".utf8)
                    damaged[Int(random.next() % UInt64(line.count))] =
                        odd[Int(random.next() % UInt64(odd.count))]
                }
                Self.expectAlike(damaged, &fast, &general)
            }
        }
    }

    @Test(arguments: [
        "0", "-0", "42", "42.0", "-0.5", "00", "01", "1.", ".5", "-", "1e3", "123456789012345",
        "1234567890123456",
        "0.1", "0.3", "123456.789", "999999999999.999", "1.0000000000001", "true", "null", "\"1\"", "",
    ])
    func `both agree on numbers`(number: String) {
        var (fast, general) = Self.scanners
        for rest in [",\"inc\":1", ",\"inc\":0.5", ",\"inc\":\(number)", "", ",\"inc\":null"] {
            let line =
                #"{"id":"e","name":"statItemUpdated","namespace":"n","timestamp":"2026-01-05T00:00:00Z","#
                + #""userId":"u","payload":{"statCode":"s","latestValue":\#(number)\#(rest)}}"#
            Self.expectAlike(Array(line.utf8), &fast, &general)
        }
    }

    @Test(arguments: [
        "2026-01-05T00:00:00Z", "2026-01-05T23:59:59.9Z", "2026-01-05T23:59:59.123456789Z",
        "2026-01-05T24:00:00Z",
        "2026-01-05T00:60:00Z", "2026-01-05T00:00:60Z", "2026-01-05t00:00:00z", "2026-01-05T00:00:00.Z",
        "2026-01-05T00:00:00+01:00", "2026-01-05T00:00:00.5-23:30", "2026-02-30T00:00:00Z", "2026-01-05",
        "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z", "2026-01-05T0a:00:00Z",
        "",
    ])
    func `both agree on times, also on a day seen before`(time: String) {
        var (fast, general) = Self.scanners
        for time in [time, "2026-01-05T12:34:56.789Z", time, "2026-01-05T00:00:00+00:00", time] {
            let line =
                #"{"id":"e","name":"userLoggedIn","namespace":"n","timestamp":"\#(time)","#
                + #""userId":"u","payload":{}}"#
            Self.expectAlike(Array(line.utf8), &fast, &general)
        }
    }

    @Test func `ids of every length are read alike`() {
        var (fast, general) = Self.scanners
        for length in [0, 1, 7, 8, 9, 99, 100, 101, 199, 200, 201] {
            for text in [String(repeating: "a", count: length), String(repeating: "é", count: length)] {
                let lines = [
                    #"{"id":"\#(text)","name":"rewardDelivered","namespace":"","timestamp":"2026-01-05T00:00:00Z","#
                        + #""userId":"u","payload":{"claimEventId":"c"}}"#,
                    #"{"id":"e","name":"rewardDelivered","namespace":"","timestamp":"2026-01-05T00:00:00Z","#
                        + #""userId":"\#(text)","payload":{"claimEventId":"\#(text)"}}"#,
                    #"{"id":"e","name":"goalActivationRequested","namespace":"\#(text)","#
                        + #""timestamp":"2026-01-05T00:00:00Z","userId":"u","#
                        + #""payload":{"challengeId":"\#(text)","goalId":"g","isActive":false}}"#,
                ]
                for line in lines { Self.expectAlike(Array(line.utf8), &fast, &general) }
            }
        }
    }
}
