import Foundation
import StatusPages
import StatusReport
import Testing

/// The page says what the view holds, and nothing of it as markup.
@Suite struct StatusPageTests {
    private static func page(_ view: StatusView) -> String {
        String(decoding: StatusPage.render(view), as: UTF8.self)
    }

    @Test func `it says how fresh everything is`() {
        let page = Self.page(SampleStatus.healthy())
        for words in [
            "<h1>Goalpost on db-3.example</h1>", "As the jobs left it 12\u{A0}s ago", "<dd>3\u{A0}s ago",
            "offset 52,431,008", "<dd>35\u{A0}s ago", "2,710 records behind", "<dd>26\u{A0}s ago",
            "up to offset 52,428,298", "<dd>1,012,404", "for 2026-05-28",
            "lacks 2,710 records; the oldest of them is 41\u{A0}s old", "Partition 15",
            "118 segments, 1.9\u{A0}GB, offsets 1,200,000 to 52,431,008", "120\u{A0}GB free of 500\u{A0}GB",
            "the longest", "3 failed.", "225,318 bytes",
        ] { #expect(page.contains(words), "\(words)") }
        // All is well: nothing needs anybody.
        #expect(!page.contains("class=\"banner\""))
    }

    @Test func `it says what needs somebody`() {
        let page = Self.page(SampleStatus.troubled())
        for words in [
            "status.json: Permission denied", "No job has run for 2\u{A0}h",
            "connection refused &amp; &quot;quoted&quot;",
            "log: no space left on device", "publish is paused.", "moving &lt;b&gt;disks&lt;/b&gt;",
            "verify failed.", "Exit code 75 20\u{A0}s ago: PostgreSQL is away", "verify is overdue.",
            "Publishing everybody.",
            "running for 1.3\u{A0}min, 43 %, 128\u{A0}k records/s, 1.7\u{A0}min to go",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ] { #expect(page.contains(words), "\(words)") }
        #expect(!page.contains("<script"))
        #expect(page.components(separatedBy: "class=\"banner\"").count == 9)
    }

    @Test func `before the first job and the first publish it still comes`() {
        let page = Self.page(SampleStatus.nothing)
        #expect(page.contains("the jobs have left no status yet"))
        #expect(page.contains("Nothing published."))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test func `the skew is that of the largest partition`() {
        var view = SampleStatus.healthy(partitions: 2)
        view.status?.fold?.partitions[0].rows = 300
        view.status?.fold?.partitions[1].rows = 100
        #expect(
            Self.page(view).contains(
                "400 rows as PostgreSQL estimates them; the largest partition has 1.5 times"
            )
        )
        view.status?.fold?.partitions[0].rows = nil
        view.status?.fold?.partitions[1].rows = nil
        #expect(!Self.page(view).contains("as PostgreSQL estimates them"))
    }

    @Test func `clocks that differ make nothing negative`() {
        var view = SampleStatus.healthy()
        view.now = SampleStatus.now - 3600
        #expect(Self.page(view).contains("As the jobs left it 0\u{A0}s ago"))
    }

    @Test func `programs read the same`() throws {
        let view = SampleStatus.troubled()
        let bytes = try view.json()
        #expect(try StatusJSON.decode(StatusView.self, from: bytes) == view)
        let members = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(Set(members.keys) == ["now", "status", "store", "problems"])
    }
}
