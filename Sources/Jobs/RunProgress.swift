import Disk
import Foundation
import Goals
import StatusReport
import Synchronization

/// How far a run is: shown to who watches it, and left in `NAME.running.json` for everybody else.
package final class RunProgress: Sendable {
    /// The file is renewed at most this often.
    private static let interval = Duration.seconds(1)

    /// What a job shows: `done` of `total` (nil when unknown), and `count` things named `unit`.
    package struct Step: Sendable {
        package let done: UInt64
        package let total: UInt64?
        package let count: UInt64
        package let unit: String
    }

    private struct State {
        var running: RunningJob
        var written: ContinuousClock.Instant?
        var offsets: (from: UInt64?, next: UInt64?) = (nil, nil)
    }

    private let state: Mutex<State>
    private let files: JobFiles
    private let job: JobName
    private let started = ContinuousClock.now
    private let now: @Sendable () -> Timestamp
    private let onStep: (@Sendable (Step) -> Void)?

    init(
        _ job: JobName,
        _ running: RunningJob,
        files: JobFiles,
        now: @escaping @Sendable () -> Timestamp,
        onStep: (@Sendable (Step) -> Void)?
    ) {
        self.job = job
        self.files = files
        self.now = now
        self.onStep = onStep
        state = Mutex(State(running: running))
    }

    /// Shows how far the run is; cheap enough for every batch.
    package func show(done: UInt64, total: UInt64?, count: UInt64, unit: String) {
        onStep?(Step(done: done, total: total, count: count, unit: unit))
        state.withLock { state in
            let instant = ContinuousClock.now
            if let written = state.written, written.duration(to: instant) < Self.interval { return }
            state.written = instant
            let seconds = started.duration(to: instant).inSeconds
            state.running.updatedAt = now().date
            state.running.count = count
            state.running.unit = unit
            state.running.ratePerSecond = seconds > 0 ? (Double(count) / seconds).rounded() : 0
            if let total, total > 0 {
                let share = min(1, Double(done) / Double(total))
                state.running.percent = (share * 1000).rounded() / 10
                state.running.etaSeconds =
                    share > 0 ? ((seconds / share - seconds) * 10).rounded() / 10 : nil
            } else {
                state.running.percent = nil
                state.running.etaSeconds = nil
            }
            write(state.running)
        }
    }

    /// Notes how far a run got that may not live to report it.
    package func note(from: UInt64?, next: UInt64?) { state.withLock { $0.offsets = (from, next) } }

    var offsets: (from: UInt64?, next: UInt64?) { state.withLock { $0.offsets } }

    /// Makes the file, by which others see that the run has begun.
    func begin() { state.withLock { write($0.running) } }

    /// Removes the file.
    func end() {
        do throws(DiskError) {
            try files.volume.remove(files.running(job))
        } catch {
            // The next run of the job replaces it; readers look at the lock as well.
        }
    }

    /// Replaces the file whole; not durable, since no run outlives the machine.
    private func write(_ running: RunningJob) {
        let path = files.running(job)
        do {
            let file = try files.volume.open(path + ".tmp", .replace)
            try file.write(try StatusJSON.encode(running) + [UInt8(ascii: "\n")], at: 0)
            try files.volume.rename(path + ".tmp", to: path)
        } catch {
            // Only a view on the work: where it cannot be written, the work goes on.
        }
    }
}
