import ArgumentParser
import Jobs

/// What every `goalpost run NAME` takes besides.
struct RunOptions: ParsableArguments {
    @Option(
        help: """
            When another run of the job is at work: fail with 75, skip in silence with 0, or wait. A paused job is \
            skipped in silence too, and fails otherwise.
            """
    )
    var overlap = RunPolicy.Overlap.fail

    @Option(help: "Stop between two batches after so many seconds, with 75; 1 to 604800.")
    var timeout: Int?

    @Flag(name: [.customLong("quiet")], help: "Say nothing on success, and one paragraph on failure.")
    var isQuiet = false

    func validate() throws {
        if let timeout, !(1...604_800).contains(timeout) {
            throw ValidationError("--timeout is 1 to 604800 seconds, not \(timeout)")
        }
    }

    /// The policy of runs that begin now: its time limit counts from this call.
    func policy() -> RunPolicy {
        RunPolicy(overlap: overlap, timeout: timeout.map { .seconds($0) }, catchesSignals: true)
    }
}

extension RunPolicy.Overlap: ExpressibleByArgument {}
