import Foundation
import Jobs
import Synchronization

/// One line on a watched standard error that says how far a long command is; silent elsewhere.
final class ProgressBar: Sendable {
    private static let width = 30
    /// Redrawn at most this often.
    private static let interval = Duration.milliseconds(100)

    private let label: String
    private let isShown: Bool
    private let started = ContinuousClock.now
    private let drawn = Mutex<ContinuousClock.Instant?>(nil)

    /// `isQuiet` shows nothing, whoever watches.
    init(_ label: String, isQuiet: Bool = false) {
        self.label = label
        isShown = Terminal.isWatched && !isQuiet
    }

    /// Shows `done` of `total` (nil when unknown) and a rate over `count` things named `unit`.
    func show(done: UInt64, total: UInt64?, count: UInt64, unit: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = drawn.withLock { drawn in
            if let drawn, drawn.duration(to: now) < Self.interval { return false }
            drawn = now
            return true
        }
        guard isDue else { return }
        let seconds = started.duration(to: now).inSeconds
        var line = "\(label) "
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            let filled = Int(share * Double(Self.width))
            let bar =
                String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
            line += String(format: "%@ %3.0f %% ", bar, share * 100)
            if share > 0.01 { line += String(format: "ETA %.0f s ", seconds / share - seconds) }
        }
        line += "\(Terminal.grouped(count)) \(unit), \(Terminal.rate(count, seconds))"
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    /// Removes the line.
    func finish() {
        guard isShown, drawn.withLock({ $0 != nil }) else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}
