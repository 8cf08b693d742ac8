/// What a job's run reports; the JSON of it is what the history keeps as the run's counts.
package protocol JobSummary: Encodable, Sendable {
    /// First offsets not folded before and after, in the partition furthest behind; nil where a job has none.
    var offsets: (from: UInt64?, next: UInt64?) { get }
    /// Why a run that ended with this report failed all the same, such as drift found; nil where it did not.
    var failure: JobError? { get }
}

extension JobSummary {
    package var offsets: (from: UInt64?, next: UInt64?) { (nil, nil) }
    package var failure: JobError? { nil }
}
