import Goals
import Intake

/// Writes the figures in Prometheus' text format.
enum IngestMetrics {
    static func text(_ figures: IntakeFigures.Snapshot, queueBytes: Int, isFailing: Bool) -> String {
        var text = ""
        family("goalpost_ingest_events_total", "counter", "Events by name and result.", &text)
        for kind in EventKind.allCases {
            for (result, counts) in [("accepted", figures.accepted), ("duplicate", figures.duplicates)] {
                text += "goalpost_ingest_events_total{name=\"\(kind.name)\",result=\"\(result)\"} "
                text += "\(counts[kind] ?? 0)\n"
            }
        }
        family("goalpost_ingest_rejected_total", "counter", "Events refused, by reason.", &text)
        for reason in EventFault.Reason.allCases {
            text += "goalpost_ingest_rejected_total{reason=\"\(reason.rawValue)\"} "
            text += "\(figures.rejected[reason] ?? 0)\n"
        }
        counter("quarantined", "Refused events kept in quarantine.", figures.quarantined, &text)
        counter("other_namespace", "Events of another namespace, dropped.", figures.otherNamespace, &text)
        counter("record_bytes", "Bytes of records written, before compression.", figures.recordBytes, &text)
        counter("overloaded", "Batches refused since too much waited.", figures.overloaded, &text)
        counter(
            "unavailable",
            "Batches refused since the log could not be written.",
            figures.unavailable,
            &text
        )
        family("goalpost_ingest_queue_bytes", "gauge", "Bytes that wait to be written.", &text)
        text += "goalpost_ingest_queue_bytes \(queueBytes)\n"
        family("goalpost_ingest_failing", "gauge", "1 while the log cannot be written.", &text)
        text += "goalpost_ingest_failing \(isFailing ? 1 : 0)\n"
        histogram("commit_seconds", "Time to make a frame durable.", figures.commitSeconds, &text)
        histogram("frame_records", "Records of a frame.", figures.frameRecords, &text)
        return text
    }

    private static func counter(_ name: String, _ help: String, _ value: UInt64, _ text: inout String) {
        family("goalpost_ingest_\(name)_total", "counter", help, &text)
        text += "goalpost_ingest_\(name)_total \(value)\n"
    }

    private static func family(_ name: String, _ type: String, _ help: String, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private static func histogram(
        _ name: String,
        _ help: String,
        _ values: IntakeFigures.Histogram,
        _ text: inout String
    ) {
        let name = "goalpost_ingest_\(name)"
        family(name, "histogram", help, &text)
        var sum: UInt64 = 0
        for (bound, count) in zip(values.bounds, values.counts) {
            sum += count
            text += "\(name)_bucket{le=\"\(bound)\"} \(sum)\n"
        }
        sum += values.counts.last ?? 0
        text += "\(name)_bucket{le=\"+Inf\"} \(sum)\n\(name)_sum \(values.sum)\n\(name)_count \(sum)\n"
    }
}
