import Foundation
import Reports
import TestKit
import Testing

/// A real browser opens the pages: nothing to complain of, nothing wider than a phone; and takes their pictures.
@Suite(.serialized) struct ChromiumTests {
    private static let pages: [String: ReportModel] = [
        "replay": SampleReport.make(goals: 22, days: 31, players: 84_213),
        "what-if": SampleReport.make(
            goals: 500,
            days: 400,
            players: 1_000_000,
            isWhatIf: true,
            hasDifference: true,
            partial: "Stopped at 43 % of the span, before record 21,500,000."
        ),
        "empty": SampleReport.make(goals: 0, days: 0, players: 0),
        "one-day": SampleReport.make(goals: 3, days: 1, players: 12),
    ]

    @Test(
        .enabled(if: Chromium.isThere, Chromium.absence),
        arguments: ["replay", "what-if", "empty", "one-day"]
    )
    func `a page has nothing to complain of and is no wider than a phone, folded or not`(name: String) throws
    {
        let page = ReportPage.render(try #require(Self.pages[name]))
        try Chromium.expectFits(page, in: try TemporaryDirectory())
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absence))
    func `complaints would be seen`() throws {
        let directory = try TemporaryDirectory()
        let page = URL(filePath: directory.path).appending(path: "bad.html")
        try Data("<!DOCTYPE html><script>console.error('oh')</script>".utf8).write(to: page)
        let (_, log) = try Chromium.run(directory, ["--dump-dom", page.absoluteString])
        #expect(Chromium.complaints(log).count == 1, "\(log)")
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absence))
    func `pictures for people, and paper`() throws {
        let directory = try TemporaryDirectory()
        for (name, heights) in [("replay", (3400, 4400)), ("what-if", (4300, 5400))] {
            let page = URL(filePath: directory.path).appending(path: "\(name).html")
            try Data(ReportPage.render(try #require(Self.pages[name]))).write(to: page)
            try Chromium.takePictures(of: page, named: "report-\(name)", heights: heights, in: directory)
            let paper = Chromium.screenshots.appending(path: "report-\(name).pdf")
            _ = try Chromium.run(
                directory,
                ["--no-pdf-header-footer", "--print-to-pdf=\(paper.path())", page.absoluteString]
            )
            #expect(try Data(contentsOf: paper).prefix(4) == Data("%PDF".utf8))
            print("paper: \(paper.path())")
        }
    }
}
