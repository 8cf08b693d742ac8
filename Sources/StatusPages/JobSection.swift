import Charts
import Foundation
import StatusReport

/// What each job does and did, and how long its runs took.
struct JobSection {
    let jobs: [JobStatus]
    let view: StatusView

    func write(into page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "Jobs")
            table.write(into: &page)
            let charted = jobs.filter { !($0.recentRuns ?? []).isEmpty }
            if !charted.isEmpty {
                page.element("div", ["class": "charts"]) { page in
                    for job in charted { chart(job).write(into: &page) }
                }
            }
        }
        page.newLine()
    }

    private var table: DataTable {
        DataTable(
            caption: "Runs since the data directory was made",
            heads: ["Job", "State", "Last run", "Took", "Done", "Failed", "Skipped"],
            rows: jobs.map { job in
                [
                    .text(job.job), .text(state(job)),
                    .text(
                        job.lastRun.map { StatusPage.ago($0.endedAt, view) + ($0.isGood ? "" : ", failed") }
                            ?? "–"
                    ),
                    .number(job.lastRun.map { Self.seconds($0.seconds) } ?? "–"),
                    .number(StatusPage.grouped(job.totals.done)),
                    .number(StatusPage.grouped(job.totals.failed)),
                    .number(StatusPage.grouped(job.totals.skipped)),
                ]
            }
        )
    }

    private func state(_ job: JobStatus) -> String {
        guard let running = job.running else { return job.state.rawValue }
        var words = ["running for \(NumberText.span(view.age(running.startedAt)))"]
        if let percent = running.percent { words.append("\(NumberText.decimal(percent, places: 0)) %") }
        if running.ratePerSecond > 0 {
            words.append("\(NumberText.short(running.ratePerSecond)) \(running.unit)/s")
        }
        if let eta = running.etaSeconds { words.append("\(NumberText.span(eta)) to go") }
        return words.joined(separator: ", ")
    }

    private func chart(_ job: JobStatus) -> RunChart {
        let runs = job.recentRuns ?? []
        let failed = runs.count { $0.exitCode != 0 }
        let sorted = runs.map(\.seconds).sorted()
        let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        return RunChart(
            figure: Figure(
                id: "runs-\(job.job)",
                heading: job.job,
                summary:
                    "The newest \(runs.count) runs: half took no more than \(Self.seconds(median)), the longest "
                    + "\(Self.seconds(sorted.last ?? 0)); "
                    + (failed == 0 ? "none failed." : "\(failed) failed."),
                keys: failed == 0 ? [] : [Figure.Key(.step3, "done"), Figure.Key(.loss, "failed")]
            ),
            runs: runs.map { run in
                let start = StatusJSON.text(run.startedAt)
                return RunChart.Run(
                    label: String(start.dropFirst(11).prefix(5)),
                    seconds: run.seconds,
                    words: "\(start): \(Self.seconds(run.seconds)), "
                        + (run.exitCode == 0 ? "done" : "failed with exit code \(run.exitCode)"),
                    isGood: run.exitCode == 0
                )
            }
        )
    }

    private static func seconds(_ seconds: Double) -> String {
        NumberText.decimal(seconds, places: seconds < 10 ? 2 : 1) + "\u{A0}s"
    }
}
