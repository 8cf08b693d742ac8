/// What a run does when it may not begin at once, and when it ends at the latest.
package struct RunPolicy: Sendable {
    /// What to do when another run of the job is at work, or the job is paused.
    package enum Overlap: String, CaseIterable, Sendable {
        /// End with `tryAgain` and say so: for people.
        case fail
        /// End well and silently, with nothing done: for the schedule.
        case skip
        /// Wait until the other has ended, at most until the time limit; a paused job fails.
        case wait
    }

    package var overlap: Overlap
    /// When to stop between two batches; nil never.
    package var deadline: ContinuousClock.Instant?
    /// The time limit as given, for messages.
    package var timeout: Duration?
    /// Whether SIGTERM and SIGINT stop the run between two batches.
    package var catchesSignals: Bool

    package init(overlap: Overlap = .fail, timeout: Duration? = nil, catchesSignals: Bool = false) {
        self.overlap = overlap
        self.timeout = timeout
        self.catchesSignals = catchesSignals
        deadline = timeout.map { ContinuousClock.now + $0 }
    }
}
