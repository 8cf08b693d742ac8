import BlockingLane
import EventLog
import Goals
import Replay

/// One thread of a replay: it reads and parses stretches of the log, and holds the players of one shard.
///
/// Stretches are record offsets, so that a segment compacted meanwhile changes nothing.
actor ReplayWorker {
    /// What a stretch holds.
    struct Decoded: Sendable {
        /// One a shard.
        let shards: [ReplayEvents]
        let recordCount: UInt64
        let unreadable: UInt64
        let leastTime: Int64
        let greatestTime: Int64

        var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }
    }

    private let access: LogAccess
    private let isLowPriority: Bool
    private let lane: BlockingLane
    private var decoder: ReplayDecoder
    private var reader: LogReader?
    private var state: ReplayState
    private var other: ReplayState?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    init(
        access: LogAccess,
        decoder: ReplayDecoder,
        state: sending ReplayState,
        other: sending ReplayState?,
        isLowPriority: Bool,
        label: String
    ) {
        self.access = access
        self.decoder = decoder
        self.state = state
        self.other = other
        self.isLowPriority = isLowPriority
        lane = BlockingLane(label: label)
    }

    var byteCount: Int { state.byteCount + (other?.byteCount ?? 0) }
    /// The states, which the worker gives up with them.
    func states() -> (own: ReplayState, other: ReplayState?) { (state, other) }

    /// Makes the log's next configuration govern; a what-if's own set stays.
    func use(_ challenges: ChallengeSet, other set: ChallengeSet?) {
        decoder.use(challenges)
        let codes = ReplayDecoder.statCodes(challenges, set)
        state.use(challenges, statCodes: codes)
        if let set { other?.use(set, statCodes: codes) }
    }

    /// Reads and parses the records in `range`.
    func decode(_ range: Range<UInt64>) throws -> Decoded {
        if isLowPriority { ThreadPriority.lower() }
        decoder.removeAll()
        let reader = try reader(at: range.lowerBound)
        var next = range.lowerBound
        var (least, greatest) = (Int64.max, Int64.min)
        while next < range.upperBound {
            guard try reader.nextFrame() else {
                // A failed append was seen, and taken back before it was read.
                if try access.directory.end() < range.upperBound { throw LogError.takenBack(offset: next) }
                throw JobError(.badData, "the log has no record at offset \(next) any more: it lost its end")
            }
            let count = min(UInt64(reader.recordCount), range.upperBound - next)
            let bytes = reader.paddedBytes
            decoder.append(lines: bytes.span.extracting(reader.byteRange), recordCount: Int(count))
            next += count
            least = min(least, reader.leastTime)
            greatest = max(greatest, reader.greatestTime)
        }
        return Decoded(
            shards: decoder.shards,
            recordCount: decoder.recordCount,
            unreadable: decoder.unreadable,
            leastTime: least,
            greatestTime: greatest
        )
    }

    /// Applies events of this worker's shard, one stretch after the other.
    func apply(_ stretches: [ReplayEvents]) {
        for events in stretches {
            state.apply(events)
            other?.apply(events, as: true)
        }
    }

    /// Makes what was read durable, for something is about to be stored that depends on it.
    func syncRead() throws { try reader?.syncRead() }

    /// A reader at `offset`, which steps over what other workers read.
    private func reader(at offset: UInt64) throws -> LogReader {
        if let reader {
            while reader.nextOffset < offset, try reader.nextFooter() != nil {}
            if reader.nextOffset == offset { return reader }
        }
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: offset)
        self.reader = reader
        return reader
    }
}
