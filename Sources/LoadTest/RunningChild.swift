package import Foundation
import Glibc
import Synchronization

/// A program that runs, and a way to hear of its end.
package final class RunningChild: Sendable {
    /// How long a program may take to end after SIGTERM, before it is killed.
    package static let grace = Duration.seconds(15)
    /// What is added to a signal's number where it ended the program, as shells do.
    private static let signalBase: Int32 = 128

    /// What is known of the end; apart from the child, since a quick program ends before its number is known.
    private final class End: Sendable {
        private struct State {
            var status: Int32?
            var waiting: [CheckedContinuation<Int32, Never>] = []
        }
        private let state = Mutex(State())

        var status: Int32? { state.withLock { $0.status } }

        func came(_ status: Int32) {
            let waiting = state.withLock { state -> [CheckedContinuation<Int32, Never>] in
                state.status = status
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: status) }
        }

        func wait() async -> Int32 {
            await withCheckedContinuation { continuation in
                let status = state.withLock { state -> Int32? in
                    if state.status == nil { state.waiting.append(continuation) }
                    return state.status
                }
                if let status { continuation.resume(returning: status) }
            }
        }

        /// Only under the lock it is sure that the number still belongs to the child.
        func signal(_ number: Int32, to process: Int32) {
            state.withLock { state in
                if state.status == nil { kill(process, number) }
            }
        }
    }

    package let processID: Int32
    private let end = End()

    /// Starts what `process` describes; throws what Foundation throws where it cannot.
    package init(_ process: Process) throws {
        process.terminationHandler = { [end] ended in
            let isSignal = ended.terminationReason == .uncaughtSignal
            end.came(isSignal ? Self.signalBase + ended.terminationStatus : ended.terminationStatus)
        }
        try process.run()
        processID = process.processIdentifier
    }

    /// Its status once it has ended, 128 and the signal's number where one ended it; nil before.
    package var status: Int32? { end.status }

    /// Waits for its end.
    package func ended() async -> Int32 { await end.wait() }

    /// Waits for its end, and stops it when somebody asks for that.
    package func ended(unless stop: StopRequest?) async -> Int32 {
        let handler = stop?.whenSet { count in
            if count == 1 { Task { await self.stop(hurry: nil) } } else { self.signal(SIGKILL) }
        }
        defer { if let handler { stop?.forget(handler) } }
        return await ended()
    }

    /// Sends a signal; does nothing once it has ended, when its number may be another's.
    package func signal(_ number: Int32) { end.signal(number, to: processID) }

    /// Asks it to end (SIGTERM), waits until it has, and kills it after `grace`, or as soon as a second signal is heard.
    @discardableResult
    package func stop(grace: Duration = RunningChild.grace, hurry: StopRequest?) async -> Int32 {
        signal(SIGTERM)
        return await killed(after: grace, hurry: hurry)
    }

    /// Waits for its end, and kills it when that takes longer than `limit`.
    package func killed(after limit: Duration, hurry: StopRequest? = nil) async -> Int32 {
        let killer = Task {
            // The time limit itself; cancelled when the program ends before it.
            try await Task.sleep(for: limit)
            self.signal(SIGKILL)
        }
        defer { killer.cancel() }
        let handler = hurry?.whenSet { count in if count > 1 { self.signal(SIGKILL) } }
        defer { if let handler { hurry?.forget(handler) } }
        return await ended()
    }
}
