import Charts
import Foundation
import StatusReport

/// Renders a status as one self-contained HTML page: what needs somebody first, then how fresh everything is.
///
/// No script, nothing fetched; readable on a phone, in the dark and on paper. The same view gives the same bytes.
package enum StatusPage {
    /// A status file older than this is said to be old, in seconds: jobs renew it with every run.
    static let statusAgeMax = 900.0

    /// The page's UTF-8.
    package static func render(_ view: StatusView) -> [UInt8] {
        HTMLPage.render(title: title(view)) { page in
            writeHead(view, to: &page)
            if let fold = view.status?.fold { PartitionSection(fold: fold).write(into: &page) }
            if let jobs = view.status?.jobs, !jobs.isEmpty {
                JobSection(jobs: jobs, view: view).write(into: &page)
            }
            StoreSection(view: view).write(into: &page)
            writeFoot(view, to: &page)
        }
    }

    private static func title(_ view: StatusView) -> String {
        guard let host = view.status?.host, !host.isEmpty else { return "Goalpost" }
        return "Goalpost on \(host)"
    }

    private static func writeHead(_ view: StatusView, to page: inout Markup) {
        page.element("header") { page in
            page.element("p", ["class": "kicker"], text: "Goalpost status")
            page.element("h1", text: title(view))
            page.element("p", ["class": "lead"], text: lead(view))
            for notice in Notice.all(of: view) {
                page.element("p", ["class": "banner", "role": "note"]) { page in
                    page.element("strong", text: notice.what)
                    page.text(notice.words)
                }
                page.newLine()
            }
            HTMLPage.writeNumbers(numbers(view), to: &page)
        }
        page.newLine()
    }

    private static func lead(_ view: StatusView) -> String {
        guard let status = view.status else {
            return "What the published answers show; the jobs have left no status yet."
        }
        return "As the jobs left it \(NumberText.span(view.age(status.generatedAt))) ago, "
            + "and as this front sees its store now."
    }

    private static func numbers(_ view: StatusView) -> [(label: String, value: String, remark: String)] {
        let log = view.status?.log
        let fold = view.status?.fold
        let store = view.store
        return [
            (
                "Newest record in the log", ago(log?.lastCommitAt, view),
                log.map { "offset \(grouped($0.end))" } ?? ""
            ),
            (
                "Folded into the tables", ago(view.foldedAt, view),
                fold.map { "\(grouped($0.lagRecords)) records behind" } ?? ""
            ),
            (
                "Published to players", ago(view.publishedAt, view),
                (store?.offset ?? view.status?.publish?.offset).map { "up to offset \(grouped($0))" } ?? ""
            ),
            (
                "Players with answers",
                (store?.players ?? view.status?.publish?.players).map { grouped(UInt64($0)) } ?? "–",
                store.map { "for \($0.day)" } ?? ""
            ),
        ]
    }

    static func ago(_ time: Date?, _ view: StatusView) -> String {
        time.map { NumberText.span(view.age($0)) + " ago" } ?? "–"
    }

    static func grouped(_ number: UInt64) -> String { NumberText.grouped(Int64(clamping: number)) }

    /// `1.5 GB`: bytes in powers of a thousand.
    static func bytes(_ count: UInt64) -> String {
        NumberText.short(Double(count)) + (count < 1000 ? "\u{A0}B" : "B")
    }

    private static func writeFoot(_ view: StatusView, to page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "Where this comes from")
            var facts: [(label: String, value: String)] = [("Now", StatusJSON.text(view.now))]
            if let status = view.status {
                facts += [
                    ("Status of", StatusJSON.text(status.generatedAt)), ("Program", status.program),
                    (
                        "Database",
                        status.database.isUp ? "answered" : status.database.error ?? "did not answer"
                    ),
                ]
                if let log = status.log {
                    facts.append(
                        (
                            "Log",
                            "\(grouped(UInt64(log.segments))) segments, \(bytes(log.bytes)), "
                                + "offsets \(grouped(log.first)) to \(grouped(log.end))"
                        )
                    )
                    facts.append(("Quarantine", bytes(log.quarantineBytes)))
                }
                if let disk = status.disk {
                    facts.append(("Disk", "\(bytes(disk.freeBytes)) free of \(bytes(disk.totalBytes))"))
                }
            }
            HTMLPage.writeFacts(facts, to: &page)
        }
        page.element("footer") { page in
            page.element(
                "p",
                text: "All times are UTC. The same for programs: /status.json; counters: /metrics."
            )
        }
        page.newLine()
    }
}
