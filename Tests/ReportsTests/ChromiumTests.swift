import Foundation
import Reports
import TestKit
import Testing

/// A real browser opens the pages: nothing to complain of, nothing wider than a phone; and takes their pictures.
///
/// The pictures are for people; they lie in `.build/screenshots/`.
@Suite(.serialized) struct ChromiumTests {
    static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let isThere = chromium != nil
    private static let screenshots = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/screenshots")

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

    private func run(_ directory: TemporaryDirectory, _ arguments: [String]) throws -> (
        output: String, log: String
    ) {
        let chromium = try #require(Self.chromium)
        let result = try Command.run(
            chromium,
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-breakpad",
                "--disable-crash-reporter", "--no-first-run", "--allow-file-access-from-files",
                "--user-data-dir=\(directory.path)/profile", "--enable-logging=stderr", "--v=0",
            ] + arguments
        )
        #expect(result.status == 0, "\(result.error)")
        return (String(decoding: result.output, as: UTF8.self), result.error)
    }

    private static func complaints(_ log: String) -> [Substring] {
        log.split(separator: "\n").filter { $0.contains("CONSOLE") }
    }

    @Test(
        .enabled(if: isThere, "no Chromium here; jobs/install-needs test installs it"),
        arguments: ["replay", "what-if", "empty", "one-day"]
    )
    func `a page has nothing to complain of and is no wider than a phone, folded or not`(name: String) throws
    {
        let directory = try TemporaryDirectory()
        let page = URL(filePath: directory.path).appending(path: "report.html")
        try Data(ReportPage.render(try #require(Self.pages[name]))).write(to: page)
        // The page runs no script; one around it measures it, in frames as wide as a phone and as a desk's screen.
        let frame = """
            <!DOCTYPE html><title>measure</title><link rel="icon" href="data:,">
            <iframe id="a" width="390" height="800" src="report.html"></iframe>
            <iframe id="b" width="1280" height="800" src="report.html"></iframe><p id="result"></p>
            <script>
            onload = () => {
              const lines = [];
              for (const id of ["a", "b"]) {
                const frame = document.getElementById(id), page = frame.contentDocument;
                const measure = (state) => {
                  const over = page.documentElement.scrollWidth - frame.clientWidth;
                  lines.push(`${id} ${state} over=${Math.max(over, 0)}`);
                };
                measure("folded");
                page.querySelectorAll("details").forEach((one) => { one.open = true; });
                measure("unfolded");
                const overlaps = [...page.querySelectorAll("svg")].filter((svg) => {
                  const boxes = [...svg.querySelectorAll(":scope > text")].map((one) => one.getBoundingClientRect())
                    .filter((box) => box.width > 0);
                  return boxes.some((box, i) => boxes.some((other, j) => i < j && box.left < other.right &&
                    other.left < box.right && box.top < other.bottom - 2 && other.top < box.bottom - 2));
                });
                lines.push(`${id} overlaps=${overlaps.length}`);
                lines.push(`${id} foreign=${page.querySelectorAll("script,img,iframe,object,link[rel=stylesheet]").length}`);
                lines.push(`${id} untitled=${[...page.querySelectorAll("svg[role=img]")].filter((svg) =>
                  !svg.querySelector("title")?.textContent).length}`);
              }
              document.getElementById("result").textContent = lines.join("; ");
            };
            </script>
            """
        let wrapper = URL(filePath: directory.path).appending(path: "measure.html")
        try Data(frame.utf8).write(to: wrapper)
        let (output, log) = try run(
            directory,
            ["--window-size=1800,900", "--dump-dom", wrapper.absoluteString]
        )
        #expect(Self.complaints(log) == [])
        let result = output.split(separator: "<p id=\"result\">").last?.split(separator: "</p>").first.map(
            String.init
        )
        let expected = ["a", "b"].map { id in
            "\(id) folded over=0; \(id) unfolded over=0; \(id) overlaps=0; \(id) foreign=0; \(id) untitled=0"
        }
        #expect(result == expected.joined(separator: "; "))
    }

    @Test(.enabled(if: isThere, "no Chromium here; jobs/install-needs test installs it"))
    func `complaints would be seen`() throws {
        let directory = try TemporaryDirectory()
        let page = URL(filePath: directory.path).appending(path: "bad.html")
        try Data("<!DOCTYPE html><script>console.error('oh')</script>".utf8).write(to: page)
        let (_, log) = try run(directory, ["--dump-dom", page.absoluteString])
        #expect(Self.complaints(log).count == 1, "\(log)")
    }

    @Test(.enabled(if: isThere, "no Chromium here; jobs/install-needs test installs it"))
    func `pictures for people, and paper`() throws {
        try FileManager.default.createDirectory(at: Self.screenshots, withIntermediateDirectories: true)
        let directory = try TemporaryDirectory()
        for (name, size) in [("replay", (3400, 4400)), ("what-if", (4300, 5400))] {
            let page = URL(filePath: directory.path).appending(path: "\(name).html")
            try Data(ReportPage.render(try #require(Self.pages[name]))).write(to: page)
            let shots = [
                ("desktop", ["--window-size=1280,\(size.0)"]), ("phone", ["--window-size=390,\(size.1)"]),
                ("dark", ["--window-size=1280,\(size.0)", "--blink-settings=preferredColorScheme=0"]),
            ]
            for (kind, options) in shots {
                let file = Self.screenshots.appending(path: "report-\(name)-\(kind).png")
                _ = try run(directory, options + ["--screenshot=\(file.path())", page.absoluteString])
                #expect(try Data(contentsOf: file).prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
                print("screenshot: \(file.path())")
            }
            let paper = Self.screenshots.appending(path: "report-\(name).pdf")
            _ = try run(
                directory,
                ["--no-pdf-header-footer", "--print-to-pdf=\(paper.path())", page.absoluteString]
            )
            #expect(try Data(contentsOf: paper).prefix(4) == Data("%PDF".utf8))
            print("paper: \(paper.path())")
        }
    }
}
