import TestKit
import Testing

@Suite struct NaiveTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00.5Z", 951_825_600_500_000),
        ("2026-01-05T07:08:09.1234569+01:30", 1_767_591_489_123_456),
        ("2026-01-05T07:08:09-00:30", 1_767_598_689_000_000),
    ])
    func `a time is read to the microsecond`(text: String, expected: Int64) throws {
        #expect(try NaiveTime.parse(text) == expected)
    }

    @Test(arguments: [
        "", "2026-01-05", "2026-01-05T07:08:09", "2026-01-05T07:08:09+1", "2026-0x-05T07:08:09Z",
    ])
    func `what is no time is refused`(text: String) {
        #expect(throws: NaiveError.self) { try NaiveTime.parse(text) }
    }

    @Test func `an answer shows whole seconds, and nothing for a missing time`() {
        #expect(NaiveTime.format(1_767_591_489_999_999) == "2026-01-05T05:38:09Z")
        #expect(NaiveTime.format(nil) == "")
    }

    @Test func `days begin at midnight UTC, also before 1970`() {
        #expect(NaiveTime.day(86_399_999_999) == 0)
        #expect(NaiveTime.day(86_400_000_000) == 1)
        #expect(NaiveTime.day(-1) == -1)
    }

    @Test func `what is written is read back`() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<1_000 {
            let instant = Int64(random.number(0...4_000_000_000_000_000))
            #expect(try NaiveTime.parse(NaiveTime.write(instant)) == instant)
        }
    }
}
