import Foundation

/// A status as Prometheus's text format: what node_exporter's textfile collector reads.
///
/// Labels are job and partition only, never players. What is not known has no sample.
package enum StatusMetrics {
    package static let fileName = "goalpost.prom"

    package static func text(_ status: SystemStatus) -> String {
        var lines: [String] = []
        func family(
            _ name: String,
            _ kind: String,
            _ help: String,
            _ samples: [(labels: String, value: Double?)]
        ) {
            let known = samples.compactMap { sample in sample.value.map { (sample.labels, $0) } }
            guard !known.isEmpty else { return }
            lines.append("# HELP goalpost_\(name) \(help)")
            lines.append("# TYPE goalpost_\(name) \(kind)")
            for (labels, value) in known { lines.append("goalpost_\(name)\(labels) \(number(value))") }
        }
        func gauge(_ name: String, _ help: String, _ value: Double?) {
            family(name, "gauge", help, [("", value)])
        }
        func jobs(_ name: String, _ help: String, _ value: (JobStatus) -> Double?) {
            family(name, "gauge", help, status.jobs.map { ("{job=\"\($0.job)\"}", value($0)) })
        }
        jobs("job_last_start_timestamp_seconds", "Start of the last run that has ended.") {
            $0.lastRun.map { seconds($0.startedAt) }
        }
        jobs("job_last_success_timestamp_seconds", "End of the last run that did its work.") {
            $0.lastSuccessAt.map(seconds)
        }
        jobs("job_last_duration_seconds", "Duration of the last run that has ended.") { $0.lastRun?.seconds }
        jobs("job_last_exit_code", "Exit code of the last run that has ended.") {
            $0.lastRun.map { Double($0.exitCode) }
        }
        family(
            "job_runs_total",
            "counter",
            "Runs by outcome; skipped ones found another at work or the job paused.",
            status.jobs.flatMap { job in
                [
                    ("done", job.totals.done), ("failed", job.totals.failed),
                    ("skipped", job.totals.skipped),
                ].map { ("{job=\"\(job.job)\",outcome=\"\($0.0)\"}", Double($0.1)) }
            }
        )
        jobs("job_paused", "1 while the job is paused.") { $0.paused == nil ? 0 : 1 }
        jobs("job_interval_limit_seconds", "A last good run older than this is a gap.") {
            $0.gapLimitSeconds.map(Double.init)
        }

        gauge("log_end_offset", "Where the next record goes.", status.log.map { Double($0.end) })
        gauge("log_first_offset", "First offset still in the log.", status.log.map { Double($0.first) })
        gauge("log_segments", "Segment files of the log.", status.log.map { Double($0.segments) })
        gauge("log_bytes", "Bytes of the segment files.", status.log.map { Double($0.bytes) })
        gauge(
            "log_last_commit_timestamp_seconds",
            "When the newest segment was last written to.",
            status.log?.lastCommitAt.map(seconds)
        )
        gauge("quarantine_bytes", "Bytes in quarantine.", status.log.map { Double($0.quarantineBytes) })

        gauge("database_up", "1 where PostgreSQL answered.", status.database.isUp ? 1 : 0)
        func partitions(_ name: String, _ help: String, _ value: (FoldStatus.Partition) -> Double) {
            let samples = (status.fold?.partitions ?? []).map {
                ("{partition=\"\($0.partition)\"}", Optional(value($0)))
            }
            family(name, "gauge", help, samples)
        }
        partitions("fold_watermark", "First offset not folded.") { Double($0.watermark) }
        partitions("fold_lag_records", "Records not folded.") { Double($0.lagRecords) }
        gauge(
            "fold_lag_seconds",
            "Age of the oldest record not folded, by its event time.",
            status.fold?.lagSeconds
        )
        partitions("fold_sequence", "Transactions that changed players.") { Double($0.sequence) }

        gauge(
            "publish_timestamp_seconds",
            "When answers were last published.",
            status.publish.map { seconds($0.publishedAt) }
        )
        gauge("publish_offset", "Offset that all answers include.", status.publish.map { Double($0.offset) })
        gauge("publish_players", "Players with answers.", status.publish.map { Double($0.players) })
        gauge("payload_bytes", "Bytes of the payload store.", status.publish.map { Double($0.payloadBytes) })

        let verify = status.jobs.first { $0.job == "verify" }?.lastReport
        gauge(
            "verify_drift_rows",
            "Rows that the last verify found wrong.",
            verify?.counts?["driftRows"]?.double
        )
        gauge(
            "verify_timestamp_seconds",
            "End of the last verify.",
            verify?.counts?["driftRows"] == nil ? nil : verify.map { seconds($0.endedAt) }
        )
        gauge(
            "disk_free_bytes",
            "Bytes free where the data directory lies.",
            status.disk.map { Double($0.freeBytes) }
        )
        gauge("status_timestamp_seconds", "When these figures were gathered.", seconds(status.generatedAt))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func seconds(_ date: Date) -> Double { date.timeIntervalSince1970 }

    /// Whole numbers without a point, others to the millisecond.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return String((value * 1000).rounded() / 1000)
    }
}
