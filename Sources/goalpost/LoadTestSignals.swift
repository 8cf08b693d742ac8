import Dispatch
import Foundation
import LoadTest

/// Hears SIGINT, SIGTERM and SIGHUP for a load test as long as it lives, every time: none of them may kill it, since the
/// servers that it has started would go on.
final class LoadTestSignals {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    private let sources: [any DispatchSourceSignal]

    /// Notes every signal in `stop`; one after this returns is heard.
    init(_ stop: StopRequest) {
        let queue = DispatchQueue(label: "goalpost.loadtest.signals")
        let listening = DispatchSemaphore(value: 0)
        sources = Self.signals.map { number in
            // The source hears only what would be ignored otherwise.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { stop.set(signal: number) }
            // Until then a signal is ignored, and lost.
            source.setRegistrationHandler { listening.signal() }
            source.resume()
            return source
        }
        for _ in sources { listening.wait() }
    }

    /// Hears no more: signals do again what they do to every program.
    func end() {
        for source in sources { source.cancel() }
        for number in Self.signals { signal(number, SIG_DFL) }
    }

    /// Says a line on standard error, where there still is one: it goes with the terminal that SIGHUP tells of.
    static func note(_ line: String) {
        do {
            try FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            // Nobody listens any more; the test goes on, or cleans up, all the same.
        }
    }
}
