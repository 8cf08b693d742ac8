import Foundation
import StatusReport
import Testing

/// The text that node_exporter collects: its form by a small parser of the format, and its figures.
@Suite struct StatusMetricsTests {
    /// Samples by name and labels; throws what the format forbids.
    static func parse(_ text: String) throws -> [String: Double] {
        struct Wrong: Error { let line: String }
        var samples: [String: Double] = [:]
        var (helped, typed, closed): (Set<String>, Set<String>, Set<String>) = ([], [], [])
        var family = ""
        guard text.hasSuffix("\n") else { throw Wrong(line: "no newline at the end") }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if words[0] == "#" {
                guard words.count == 4 else { throw Wrong(line: String(line)) }
                if words[1] == "HELP", helped.insert(words[2]).inserted { continue }
                guard words[1] == "TYPE", typed.insert(words[2]).inserted,
                    ["gauge", "counter"].contains(words[3])
                else { throw Wrong(line: String(line)) }
                // A counter's name says so, and nothing else's does.
                guard (words[3] == "counter") == words[2].hasSuffix("_total") else {
                    throw Wrong(line: String(line))
                }
                continue
            }
            guard
                let match = line.wholeMatch(
                    of: /([a-z_:][a-z0-9_:]*)(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? (-?[0-9.e+]+)/
                ),
                let value = Double(match.4)
            else { throw Wrong(line: String(line)) }
            let name = String(match.1)
            if name != family {
                // All samples of a family stand together.
                guard closed.insert(name).inserted, helped.contains(name), typed.contains(name) else {
                    throw Wrong(line: String(line))
                }
                family = name
            }
            guard samples.updateValue(value, forKey: name + String(match.2 ?? "")) == nil else {
                throw Wrong(line: String(line))
            }
        }
        return samples
    }

    @Test func `every figure is there under its name`() throws {
        let samples = try Self.parse(StatusMetrics.text(SystemStatusTests.whole))
        let expected: [String: Double] = [
            "goalpost_job_last_start_timestamp_seconds{job=\"verify\"}": 1_767_607_200.25,
            "goalpost_job_last_success_timestamp_seconds{job=\"fold\"}": 1_767_607_200.25,
            "goalpost_job_last_duration_seconds{job=\"verify\"}": 2,
            "goalpost_job_last_exit_code{job=\"verify\"}": 1,
            "goalpost_job_runs_total{job=\"verify\",outcome=\"done\"}": 0,
            "goalpost_job_runs_total{job=\"verify\",outcome=\"failed\"}": 1,
            "goalpost_job_runs_total{job=\"verify\",outcome=\"skipped\"}": 0,
            "goalpost_job_paused{job=\"fold\"}": 1, "goalpost_job_paused{job=\"publish\"}": 0,
            "goalpost_job_interval_limit_seconds{job=\"publish\"}": 900,
            "goalpost_log_end_offset": 10, "goalpost_log_first_offset": 2, "goalpost_log_segments": 1,
            "goalpost_log_bytes": 300, "goalpost_log_last_commit_timestamp_seconds": 1_767_607_200.25,
            "goalpost_quarantine_bytes": 4, "goalpost_database_up": 1,
            "goalpost_fold_watermark{partition=\"0\"}": 7,
            "goalpost_fold_lag_records{partition=\"0\"}": 3, "goalpost_fold_lag_seconds": 1.5,
            "goalpost_fold_sequence{partition=\"0\"}": 5,
            "goalpost_publish_timestamp_seconds": 1_767_607_200.25, "goalpost_publish_offset": 7,
            "goalpost_publish_players": 9, "goalpost_payload_bytes": 4096,
            "goalpost_verify_drift_rows": 12, "goalpost_verify_timestamp_seconds": 1_767_607_202.25,
            "goalpost_disk_free_bytes": 5, "goalpost_status_timestamp_seconds": 1_767_607_200.25,
        ]
        for (name, value) in expected { #expect(samples[name] == value, "\(name)") }
    }

    @Test func `what is not known has no sample`() throws {
        let status = SystemStatus(generatedAt: SystemStatusTests.time, program: "1", host: "h")
        let samples = try Self.parse(StatusMetrics.text(status))
        #expect(Set(samples.keys) == ["goalpost_database_up", "goalpost_status_timestamp_seconds"])
        #expect(samples["goalpost_database_up"] == 0)
    }
}
