import Foundation

/// The seeds that a randomised test takes: the same few in every run, fresh ones until the time is up in a soak.
///
/// `GOALPOST_SOAK_SECONDS` (at most 604,800, a week) makes a soak of it, `GOALPOST_SEED` takes that one seed alone, to
/// see a failure again. A test names the seed in what it reports.
package struct SeedRun: Sequence, IteratorProtocol {
    /// What the environment asks for.
    private enum Kind {
        case fixed(ClosedRange<UInt64>)
        case single(UInt64)
        case fresh(until: ContinuousClock.Instant, SplitMix64)
    }

    private static let secondsMax: UInt64 = 604_800

    private var kind: Kind
    private var count: UInt64 = 0

    /// Whether fresh seeds are taken until time is up.
    package static var isSoak: Bool { ProcessInfo.processInfo.environment["GOALPOST_SOAK_SECONDS"] != nil }

    /// When a soak ends that begins now and gets one of `share` equal parts of the time; nil where this is none.
    package static func end(share: Int = 1) throws -> ContinuousClock.Instant? {
        let environment = ProcessInfo.processInfo.environment
        return try number("GOALPOST_SOAK_SECONDS", environment, max: secondsMax).map {
            .now + .milliseconds(Int($0) * 1000 / share)
        }
    }

    /// `fixed` are taken where the environment asks for no others; a variable that is no number there is an error.
    ///
    /// A soak of `share` tests that run one after the other takes the time once.
    package init(_ fixed: ClosedRange<UInt64>, share: Int = 1) throws {
        try self.init(fixed, share: share, environment: ProcessInfo.processInfo.environment)
    }

    /// The same, from an environment that is handed in.
    package init(_ fixed: ClosedRange<UInt64>, share: Int = 1, environment: [String: String]) throws {
        if let seed = try Self.number("GOALPOST_SEED", environment, max: .max) {
            kind = .single(seed)
        } else if let seconds = try Self.number("GOALPOST_SOAK_SECONDS", environment, max: Self.secondsMax) {
            let time = Duration.milliseconds(Int(seconds) * 1000 / share)
            kind = .fresh(until: .now + time, SplitMix64(seed: .random(in: 0 ... .max)))
        } else {
            kind = .fixed(fixed)
        }
    }

    /// The next seed; a soak has at least one.
    package mutating func next() -> UInt64? {
        defer { count += 1 }
        switch kind {
        case .fixed(let seeds):
            return count < UInt64(seeds.count) ? seeds.lowerBound + count : nil
        case .single(let seed):
            return count == 0 ? seed : nil
        case .fresh(let end, var random):
            guard count == 0 || .now < end else { return nil }
            let seed = random.next()
            kind = .fresh(until: end, random)
            return seed
        }
    }

    private static func number(
        _ name: String,
        _ environment: [String: String],
        max: UInt64
    ) throws -> UInt64? {
        guard let text = environment[name] else { return nil }
        guard let value = UInt64(text), value <= max else {
            throw Wrong(description: "\(name) is '\(text)', which is no whole number up to \(max)")
        }
        return value
    }

    /// What the environment asks for cannot be done.
    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }
}
