import Goals
import Reports
import TestKit
import Testing

@Suite struct ReportPageTests {
    private func page(_ model: ReportModel) -> String {
        String(decoding: ReportPage.render(model), as: UTF8.self)
    }

    @Test func `pages are as in the golden files`() throws {
        try expectGolden(
            ReportPage.render(SampleReport.make(goals: 22, days: 31, players: 84_213)),
            at: "reports/replay.html"
        )
        try expectGolden(
            ReportPage.render(
                SampleReport.make(
                    goals: 30,
                    days: 31,
                    players: 100_000,
                    isWhatIf: true,
                    hasDifference: true,
                    partial: "Stopped at 43 % of the span, before record 21,500,000."
                )
            ),
            at: "reports/what-if.html"
        )
    }

    @Test func `no id or name becomes markup`() throws {
        let text = page(SampleReport.make(goals: 30, days: 3, players: 1000, isWhatIf: true))
        #expect(!text.contains("<script"))
        #expect(!text.contains("<img"))
        #expect(!text.contains("<b>"))
        #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(text.contains("<bdi>هدف النصر ١٢</bdi>"))
        #expect(!text.contains("\u{1}"))
        // The only style sheet and the only end of one is the page's own.
        #expect(text.components("</style>") == 1)
    }

    @Test func `nothing is fetched`() {
        let text = page(SampleReport.make(goals: 30, days: 400, players: 1000, isWhatIf: true))
        for word in ["http://", "https://", "url(", "@import", " src="] {
            let own =
                text.components(word) - text.components("<img src=x onerror") - text.components("img src=x")
            #expect(own <= 0, "\(word)")
        }
        #expect(text.contains("Content-Security-Policy"))
    }

    @Test(arguments: [
        (0, 0, 0), (0, 3, 5), (1, 0, 7), (3, 1, 12), (5, 2, 0), (500, 400, 1_000_000), (1, 5000, 9),
    ])
    func `every size makes a page`(goals: Int, days: Int, players: Int64) {
        for isWhatIf in [false, true] {
            let text = page(SampleReport.make(goals: goals, days: days, players: players, isWhatIf: isWhatIf))
            #expect(text.hasPrefix("<!DOCTYPE html>\n") && text.hasSuffix("</html>\n"))
            #expect(text.components("<svg") == text.components("</svg>"))
            #expect(text.components("<table>") == text.components("</table>"))
            #expect(!text.contains("nan") && !text.contains("inf%"))
            // 500 goals and more than ten years fit in what a mail can carry.
            #expect(text.utf8.count < 700_000, "\(text.utf8.count)")
        }
    }

    @Test func `ids on the page are unique`() {
        let text = page(
            SampleReport.make(goals: 40, days: 31, players: 1000, isWhatIf: true, hasDifference: true)
        )
        let ids = text.split(separator: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(ids.count > 10)
        #expect(Set(ids).count == ids.count)
    }

    @Test
    func `long histories are shown in weeks, one odd day in the past makes no chart of decades of days`() {
        #expect(page(SampleReport.make(goals: 1, days: 118, players: 9)).contains("Goals completed a day"))
        let weeks = page(SampleReport.make(goals: 1, days: 400, players: 9))
        #expect(weeks.contains("Goals completed a week"))
        #expect(weeks.contains("week of 5 Jan 2026"))
        var odd = SampleReport.make(goals: 1, days: 30, players: 9)
        odd.days.insert(DayTotals(day: UTCDay(number: 0), started: 1, completed: 1, claimed: 0), at: 0)
        odd.days.append(DayTotals(day: UTCDay(number: 2_932_896), started: 1, completed: 1, claimed: 0))
        let text = page(odd)
        #expect(text.components("class=\"point\"") <= 120)
    }

    @Test func `a partial result says so, and folds out`() {
        let text = page(SampleReport.make(goals: 3, days: 3, players: 9, partial: "Stopped early."))
        #expect(text.contains("<strong>Partial result.</strong>Stopped early."))
        #expect(!page(SampleReport.make(goals: 3, days: 3, players: 9)).contains("Partial result"))
    }

    @Test func `few goals are listed unfolded, many folded, charts show the first of them`() {
        #expect(page(SampleReport.make(goals: 20, days: 3, players: 9)).contains("<details open=\"open\">"))
        let many = page(SampleReport.make(goals: 500, days: 3, players: 100_000))
        #expect(!many.contains("<details open"))
        #expect(many.contains("Table of 500 goals"))
        #expect(many.contains("The \(ReportPage.goalsCharted) goals completed most"))
        #expect(many.components("role=\"listitem\"") == ReportPage.goalsCharted + 4)
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
