import Synchronization

/// One run of `goalpost run cycle`.
package struct CycleRun: Sendable, Codable, Equatable {
    /// Seconds since the start.
    package let begin: Double
    package var end: Double?
    package var status: Int32?
    /// Whether an earlier one was still at work, so that this one was passed over.
    package let isOverlap: Bool

    package var seconds: Double? { end.map { $0 - begin } }
}

/// The cycles so far, for the one who starts them and the monitor.
final class CycleRuns: Sendable {
    private struct State {
        var runs: [CycleRun] = []
        var processes: [Int: Int32] = [:]
    }
    private let state = Mutex(State())

    /// Processes at work.
    var running: [Int32] { state.withLock { Array($0.processes.values) } }
    var runs: [CycleRun] { state.withLock { $0.runs } }

    func began(at second: Double, process: Int32) -> Int {
        state.withLock { state in
            state.runs.append(CycleRun(begin: second, isOverlap: !state.processes.isEmpty))
            state.processes[state.runs.count - 1] = process
            return state.runs.count - 1
        }
    }

    func ended(_ index: Int, at second: Double, status: Int32) {
        state.withLock { state in
            state.runs[index].end = second
            state.runs[index].status = status
            state.processes[index] = nil
        }
    }
}

/// Starts the jobs as cron does: at fixed times, whether or not the last one has ended.
struct CycleTimer: Sendable {
    let program: ChildProgram
    let data: String
    let seconds: Int
    let runs: CycleRuns
    let clock: LoadClock
    let stop: StopRequest

    /// Starts cycles until the task is cancelled; returns when all have ended.
    ///
    /// Those at work are stopped when somebody asks the test to end.
    func run() async {
        await withTaskGroup { group in
            var number = 1
            while !Task.isCancelled {
                let wait = Double(number * seconds) - Double(clock.now) / 1e9
                // The schedule itself, as cron keeps it; it fails only where it is cancelled, and that is the end.
                do { try await Task.sleep(for: .seconds(max(0.01, wait))) } catch { break }
                number += 1
                group.addTask { await cycle() }
            }
        }
    }

    private func cycle() async {
        let second = Double(clock.now) / 1e9
        do throws(LoadTestError) {
            let arguments = ["run", "cycle", "--data", data, "--overlap", "skip", "--quiet"]
            let child = try program.start("goalpost", arguments)
            let index = runs.began(at: second, process: child.processID)
            let status = await child.ended(unless: stop)
            runs.ended(index, at: Double(clock.now) / 1e9, status: status)
        } catch {
            // It could not even be started, which counts as a run that failed.
            let index = runs.began(at: second, process: 0)
            runs.ended(index, at: second, status: -1)
        }
    }
}
