import Disk
import EventLog
import TestKit

extension LogFixture {
    /// Runs a whole compaction.
    @discardableResult
    func compact(on other: (any Volume)? = nil) throws(LogError) -> [SegmentCompaction] {
        let compactor = try LogCompactor.open(volume: other ?? volume, directory: path)
        defer { compactor.abandon() }
        var segments: [SegmentCompaction] = []
        while true {
            let step = try compactor.step()
            if case .finished = step { return segments }
            if case .segment(let segment) = step { segments.append(segment) }
        }
    }

    /// Retention by bytes: with 0, all goes that may.
    func retention(
        _ policy: RetentionPolicy = .bytes(0),
        limits: [RetentionLimit] = [],
        now: Int64 = 1_700_000_000_000,
        on other: (any Volume)? = nil
    ) -> LogRetention {
        LogRetention(volume: other ?? volume, directory: path, policy: policy, limits: limits, now: now)
    }

    func hold(from offset: UInt64, reader: String = "test", uuid: String = "u") throws(LogError) -> LogHold {
        try LogHold(volume: volume, directory: path, from: offset, reader: reader) { uuid }
    }

    /// The footers of all frames, in log order.
    func footers() throws(LogError) -> [CommitFooter] {
        let reader = try reader(from: directory.firstOffset())
        var footers: [CommitFooter] = []
        while let footer = try reader.nextFooter() { footers.append(footer) }
        return footers
    }

    /// Three sealed segments of 40 small commits each, some from two sources, and an unsealed one.
    @discardableResult
    func fillWithSmallCommits(_ limits: LogLimits = LogLimits()) throws(LogError) -> LogWriter {
        let writer = try writer(limits)
        for segment in 0..<4 {
            for commit in 0..<(segment == 3 ? 5 : 40) {
                let start = writer.nextOffset
                var source: SourcePosition?
                if commit % 3 == 0 { source = SourcePosition(name: "a", byteOffset: start + 11) }
                if commit == 7, segment != 1 { source = SourcePosition(name: "b", byteOffset: start + 5) }
                tick(10)
                let count = 1 + commit % 4
                _ = try writer.append(
                    frame(numbered(start, count), time: Int64(start) * 2, source: source)
                )
            }
            if segment < 3 { try writer.seal() }
        }
        return writer
    }
}

/// A volume that does something just before chosen calls: what another process may do meanwhile.
final class HookedVolume: ForwardingVolume {
    enum Call: Equatable { case open(String), rename(String), remove(String) }

    let base: any Volume
    private let hook: @Sendable (Call) -> Void

    init(_ base: any Volume, hook: @escaping @Sendable (Call) -> Void) {
        (self.base, self.hook) = (base, hook)
    }

    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        hook(.open(path))
        return try base.open(path, mode)
    }

    func rename(_ path: String, to target: String) throws(DiskError) {
        hook(.rename(target))
        try base.rename(path, to: target)
    }

    func remove(_ path: String) throws(DiskError) {
        hook(.remove(path))
        try base.remove(path)
    }
}
