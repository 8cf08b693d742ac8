import Foundation
import Front
import Testing

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_887_151, "Tue, 15 Nov 1994 08:12:31 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)]
    )
    func `known instants`(seconds: Int64, text: String) {
        #expect(HTTPDate.text(seconds: seconds) == text)
    }

    @Test func `every day of 400 years agrees with the system's calendar`() {
        var seconds: Int64 = 946_684_800
        for day in 0..<146_097 {
            var broken = tm()
            var time = time_t(seconds)
            gmtime_r(&time, &broken)
            let text = HTTPDate.text(seconds: seconds)
            let expected = "\(broken.tm_year + 1900) \(broken.tm_mon) \(broken.tm_mday) \(broken.tm_wday)"
            guard Self.parts(text) == expected else {
                Issue.record("day \(day): \(text), not \(expected)")
                return
            }
            seconds += 86_400
        }
    }

    private static func parts(_ text: String) -> String {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = ["Sun,", "Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,"]
        let month = months.firstIndex(of: String(words[2])) ?? -1
        let weekday = days.firstIndex(of: String(words[0])) ?? -1
        return "\(words[3]) \(month) \(Int(words[1]) ?? -1) \(weekday)"
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `all three forms of HTTP are read`(text: String) {
        #expect(HTTPDate.seconds(of: text) == 784_111_777)
    }

    @Test func `what is written is read again`() {
        for second in stride(from: Int64(-30_000_000_000), through: 250_000_000_000, by: 123_456_789) {
            #expect(HTTPDate.seconds(of: HTTPDate.text(seconds: second)) == second)
        }
    }

    @Test(arguments: [
        "", "now", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 06 Nov 199 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT GMT",
    ])
    func `what is no date is not read`(text: String) {
        #expect(HTTPDate.seconds(of: text) == nil)
    }
}
