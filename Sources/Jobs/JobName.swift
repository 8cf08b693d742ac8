/// The jobs that the schedule starts and the history knows, by the names that people type.
package enum JobName: String, CaseIterable, Sendable {
    case fold, publish, grant, compact, snapshot, retain, verify

    /// Whether the lack of a good run for `job_gap_seconds` is a gap: the jobs that answers' freshness
    /// and players' rewards hang on.
    package var hasGapLimit: Bool {
        switch self {
        case .fold, .publish, .grant: true
        case .compact, .snapshot, .retain, .verify: false
        }
    }

    /// The jobs that a word on the command line names: one, or `all`.
    package static func named(_ word: String) throws(JobError) -> [JobName] {
        if word == "all" { return allCases }
        guard let job = JobName(rawValue: word) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            throw JobError(.usage, "'\(word)' is no job: say one of \(names), or all")
        }
        return [job]
    }
}
