import EventLog
import Fold
import Goals
import Replay

/// Folds stretches of the log into the states of some partitions, for comparing them with the tables.
struct StateFold {
    /// More memory was needed than allowed.
    struct MemoryExceeded: Error { let bytes: Int }

    /// One partition's players, in one or more states, and how far they are folded.
    struct Part: Sendable {
        var states: [Int: ReplayState]
        /// First offset that is not folded.
        var position: UInt64
    }

    private let access: LogAccess
    /// Into how many shards all ids are divided; a multiple of every partition's modulus.
    let shardCount: Int
    private let memoryBytesMax: Int

    init(access: LogAccess, shardCount: Int, memoryBytesMax: Int) {
        self.access = access
        self.shardCount = shardCount
        self.memoryBytesMax = memoryBytesMax
    }

    /// An empty part for the ids whose hash leaves `remainder` when divided by `modulus`, from offset 0 on.
    func emptyPart(modulus: Int, remainder: Int) throws -> Part {
        let challenges = try access.governing(0).set
        let shards = (0..<shardCount).filter { $0 % modulus == remainder }
        let states = shards.map { ($0, ReplayState(challenges: challenges, keeping: .everything)) }
        return Part(states: Dictionary(uniqueKeysWithValues: states), position: 0)
    }

    /// Folds each part up to its `target`; parts that are there already stay as they are.
    ///
    /// `progress` gets the offset reached after each frame, and may throw to stop.
    func fold(
        _ parts: inout [Int: Part],
        to targets: [Int: UInt64],
        progress: (UInt64) throws -> Void = { _ in }
    ) throws {
        // Between two neighbouring stops the same parts take part.
        let stops = Set(parts.values.map(\.position) + targets.values).sorted()
        for (start, end) in zip(stops, stops.dropFirst()) {
            let taking = parts.keys.filter { number in
                guard let part = parts[number], let target = targets[number] else { return false }
                return part.position <= start && target >= end
            }
            guard !taking.isEmpty else { continue }
            try fold(&parts, taking, start, end, progress)
            for number in taking { parts[number]?.position = end }
        }
    }

    private func fold(
        _ parts: inout [Int: Part],
        _ taking: [Int],
        _ start: UInt64,
        _ end: UInt64,
        _ progress: (UInt64) throws -> Void
    ) throws {
        // A watermark beyond the end makes a batch leave out the shards that do not take part.
        var watermarks = [UInt64](repeating: .max, count: shardCount)
        for number in taking {
            for shard in parts[number]?.states.keys.sorted() ?? [] { watermarks[shard] = 0 }
        }
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: start)
        var next = start
        while next < end {
            let governing = try access.governing(next)
            for number in taking {
                for shard in parts[number]?.states.keys.sorted() ?? [] {
                    parts[number]?.states[shard]?.use(governing.set)
                }
            }
            let stop = min(end, governing.end)
            let empty = EventBatch(challenges: governing.set, watermarks: watermarks)
            while next < stop {
                if next >= reader.nextOffset {
                    guard try reader.nextFrame() else {
                        throw JobError(
                            .badData,
                            "the log has no record at offset \(next), though it ends at \(end)"
                        )
                    }
                }
                // A configuration never begins inside a frame.
                let count = min(UInt64(reader.recordCount), stop - next)
                var batch = empty
                let bytes = reader.paddedBytes
                batch.append(
                    lines: bytes.span.extracting(reader.byteRange),
                    recordCount: Int(count),
                    baseOffset: next
                )
                for number in taking {
                    for shard in parts[number]?.states.keys.sorted() ?? [] {
                        parts[number]?.states[shard]?.apply(batch.partitions[shard])
                    }
                }
                next += count
                try check(parts)
                try progress(next)
            }
        }
    }

    private func check(_ parts: [Int: Part]) throws {
        let bytes = parts.values.reduce(0) { $0 + $1.states.values.reduce(0) { $0 + $1.byteCount } }
        guard bytes <= memoryBytesMax else { throw MemoryExceeded(bytes: bytes) }
    }
}
