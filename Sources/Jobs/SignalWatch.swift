import Dispatch
import Glibc

/// Hears SIGTERM and SIGINT once instead of dying of them; the second one kills as ever.
final class SignalWatch {
    private static let signals = [SIGTERM, SIGINT]

    private let sources: [any DispatchSourceSignal]

    /// Calls `heard` with the number of the first signal, on a queue of its own; a signal after this returns is heard.
    init(heard: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: "goalpost.signals")
        let listening = DispatchSemaphore(value: 0)
        sources = Self.signals.map { number in
            // The source hears only what would be ignored otherwise.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                for number in Self.signals { signal(number, SIG_DFL) }
                heard(number)
            }
            // Until then a signal is ignored, and lost.
            source.setRegistrationHandler { listening.signal() }
            source.resume()
            return source
        }
        for _ in sources { listening.wait() }
    }

    /// Hears no more: signals do again what they do to every program.
    func stop() {
        for source in sources { source.cancel() }
        for number in Self.signals { signal(number, SIG_DFL) }
    }
}
