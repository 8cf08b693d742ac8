import Charts
import Foundation
import StatusReport

/// Something that needs somebody, or explains what the page shows.
struct Notice: Equatable {
    /// Two or three words.
    let what: String
    let words: String

    /// The most pressing first.
    static func all(of view: StatusView) -> [Notice] {
        var notices = view.problems.map { Notice(what: "Not readable here.", words: $0) }
        if view.store == nil {
            notices.append(
                Notice(
                    what: "Nothing published.",
                    words: "Players cannot be answered before the first publish has ended."
                )
            )
        }
        guard let status = view.status else { return notices }
        let age = view.age(status.generatedAt)
        if age > StatusPage.statusAgeMax {
            notices.append(
                Notice(
                    what: "Old status.",
                    words: "No job has run for \(NumberText.span(age)): see whether cron does its work."
                )
            )
        }
        if !status.database.isUp {
            notices.append(
                Notice(what: "PostgreSQL was away.", words: status.database.error ?? "It did not answer.")
            )
        }
        notices += status.problems.map { Notice(what: "Not known.", words: $0) }
        for job in status.jobs { notices += Self.notices(of: job, view) }
        if view.store?.isFullPublishPending ?? false {
            notices.append(
                Notice(what: "Publishing everybody.", words: "Some answers still show the last publish.")
            )
        }
        return notices
    }

    private static func notices(of job: JobStatus, _ view: StatusView) -> [Notice] {
        var notices: [Notice] = []
        if let overdue = job.overdueSeconds(at: view.now) {
            notices.append(
                Notice(
                    what: "\(job.job) is overdue.",
                    words: "Its last good run was \(NumberText.span(overdue)) ago."
                )
            )
        }
        if let last = job.lastRun, !last.isGood {
            notices.append(
                Notice(
                    what: "\(job.job) failed.",
                    words: "Exit code \(last.exitCode) \(StatusPage.ago(last.endedAt, view))"
                        + (last.error.map { ": \($0)" } ?? ".")
                )
            )
        }
        if let pause = job.paused {
            notices.append(
                Notice(
                    what: "\(job.job) is paused.",
                    words: "By \(pause.by) since \(StatusJSON.text(pause.since)): \(pause.reason)"
                )
            )
        }
        return notices
    }
}
