import Foundation
import Glibc

/// Wall and processor time of a stretch of work.
struct Measurement {
    private let started = ContinuousClock.now
    private let busy = Self.processorSeconds

    /// Seconds since it was made.
    var seconds: Double {
        let duration = started.duration(to: .now).components
        return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
    }

    /// Seconds that all threads of the process worked since it was made.
    var processorSeconds: Double { Self.processorSeconds - busy }

    private static var processorSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Prints a result as one JSON object with sorted keys.
    static func print(_ result: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        Swift.print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}
