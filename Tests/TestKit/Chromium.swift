package import Foundation
package import Testing

/// The real browser, without a window; jobs/install-needs test installs it.
package enum Chromium {
    /// Where it is; nil where there is none.
    package static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    package static let isThere = path != nil
    package static let absence: Comment = "no Chromium here; jobs/install-needs test installs it"

    /// Pictures for people, which stay: `.build/screenshots/`.
    package static let screenshots = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/screenshots")

    /// Runs it once with these arguments and a fresh profile in `directory`.
    package static func run(_ directory: TemporaryDirectory, _ arguments: [String]) throws -> (
        output: String, log: String
    ) {
        let result = try Command.run(
            try #require(path),
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-breakpad",
                "--disable-crash-reporter", "--no-first-run", "--allow-file-access-from-files",
                "--user-data-dir=\(directory.path)/profile", "--enable-logging=stderr", "--v=0",
            ] + arguments
        )
        #expect(result.status == 0, "\(result.error)")
        return (String(decoding: result.output, as: UTF8.self), result.error)
    }

    /// What a page wrote to its console.
    package static func complaints(_ log: String) -> [Substring] {
        log.split(separator: "\n").filter { $0.contains("CONSOLE") }
    }

    /// Takes pictures of a page as a desk's screen, a phone and a dark screen show it, and says where they are.
    package static func takePictures(
        of page: URL,
        named name: String,
        heights: (desktop: Int, phone: Int),
        in directory: TemporaryDirectory
    ) throws {
        try FileManager.default.createDirectory(at: screenshots, withIntermediateDirectories: true)
        let shots = [
            ("desktop", ["--window-size=1280,\(heights.desktop)"]),
            ("phone", ["--window-size=390,\(heights.phone)"]),
            (
                "dark",
                ["--window-size=1280,\(heights.desktop)", "--blink-settings=preferredColorScheme=0"]
            ),
        ]
        for (kind, options) in shots {
            let file = screenshots.appending(path: "\(name)-\(kind).png")
            _ = try run(directory, options + ["--screenshot=\(file.path())", page.absoluteString])
            #expect(try Data(contentsOf: file).prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
            print("screenshot: \(file.path())")
        }
    }

    /// Opens a page in frames as wide as a phone and as a desk's screen, folded and unfolded, and expects nothing to
    /// complain of: nothing wider than the frame, no labels over each other, nothing fetched, no drawing untitled.
    package static func expectFits(_ html: [UInt8], in directory: TemporaryDirectory) throws {
        let page = URL(filePath: directory.path).appending(path: "page.html")
        try Data(html).write(to: page)
        let wrapper = URL(filePath: directory.path).appending(path: "measure.html")
        try Data(measuring.utf8).write(to: wrapper)
        let (output, log) = try run(
            directory,
            ["--window-size=1800,900", "--dump-dom", wrapper.absoluteString]
        )
        #expect(complaints(log) == [])
        let result = output.split(separator: "<p id=\"result\">").last?.split(separator: "</p>").first.map(
            String.init
        )
        let expected = ["a", "b"].map { id in
            "\(id) folded over=0; \(id) unfolded over=0; \(id) overlaps=0; \(id) foreign=0; \(id) untitled=0"
        }
        #expect(result == expected.joined(separator: "; "))
    }

    /// The page runs no script; this one around it measures it.
    private static let measuring = """
        <!DOCTYPE html><title>measure</title><link rel="icon" href="data:,">
        <iframe id="a" width="390" height="800" src="page.html"></iframe>
        <iframe id="b" width="1280" height="800" src="page.html"></iframe><p id="result"></p>
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
            const overlaps = [...page.querySelectorAll("svg")].map((svg) => {
              const texts = [...svg.querySelectorAll(":scope > text")].map((one) => [one.textContent,
                one.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
              return texts.flatMap(([text, box], i) => texts.filter(([, other], j) => i < j && box.left < other.right &&
                other.left < box.right && box.top < other.bottom - 2 && other.top < box.bottom - 2)
                .map(([other]) => `${text}|${other}`));
            }).flat();
            lines.push(`${id} overlaps=${overlaps.length}${overlaps.map((both) => ` ${both}`)}`);
            lines.push(`${id} foreign=${page.querySelectorAll("script,img,iframe,object,link[rel=stylesheet]").length}`);
            lines.push(`${id} untitled=${[...page.querySelectorAll("svg[role=img]")].filter((svg) =>
              !svg.querySelector("title")?.textContent).length}`);
          }
          document.getElementById("result").textContent = lines.join("; ");
        };
        </script>
        """
}
