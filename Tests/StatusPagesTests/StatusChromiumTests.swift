import Foundation
import StatusPages
import TestKit
import Testing

/// A real browser opens the status page: nothing to complain of, nothing wider than a phone; and takes its pictures.
@Suite(.serialized) struct StatusChromiumTests {
    private static let views = [
        "healthy": SampleStatus.healthy(), "troubled": SampleStatus.troubled(),
        "nothing": SampleStatus.nothing,
    ]

    @Test(.enabled(if: Chromium.isThere, Chromium.absence), arguments: ["healthy", "troubled", "nothing"])
    func `it fits a phone and a desk's screen`(name: String) throws {
        let page = StatusPage.render(try #require(Self.views[name]))
        try Chromium.expectFits(page, in: try TemporaryDirectory())
    }

    @Test(.enabled(if: Chromium.isThere, Chromium.absence))
    func `pictures for people`() throws {
        let directory = try TemporaryDirectory()
        for (name, heights) in [("healthy", (3300, 4400)), ("troubled", (3300, 4600))] {
            let page = URL(filePath: directory.path).appending(path: "\(name).html")
            try Data(StatusPage.render(try #require(Self.views[name]))).write(to: page)
            try Chromium.takePictures(of: page, named: "status-\(name)", heights: heights, in: directory)
        }
    }
}
