import EventLog
import Fold
import Goals
import Replay

/// Folds stretches of the log into the states of some partitions, for comparing them with the tables.
struct StateFold: Sendable {
    /// More memory was needed than allowed.
    struct MemoryExceeded: Error { let bytes: Int }

    /// One partition's players, in one or more states by shard, and how far they are folded.
    struct Part: Sendable {
        var states: [Int: ReplayState]
        /// First offset that is not folded.
        var position: UInt64
    }

    /// Records parsed at once by all shards together: some 200 MB of events.
    private static let recordsAtOnce = 1 << 21

    let access: LogAccess
    /// Into how many shards all ids are divided; a multiple of every partition's modulus.
    let shardCount: Int
    let memoryBytesMax: Int
    /// Which players are folded.
    let choice: PlayerChoice

    /// The shards that make up a partition.
    func shards(modulus: Int, remainder: Int) -> [Int] {
        (0..<shardCount).filter { $0 % modulus == remainder }
    }

    /// Folds one state a shard from `start` on, each up to the greatest target of the partitions in it.
    ///
    /// `targets` are by remainder of `shardCount`; shards without one are left out. `progress` gets the offset
    /// reached after each batch. Throws `MemoryExceeded`.
    func fold(
        _ states: [ReplayState],
        from start: UInt64,
        to targets: [Int: UInt64],
        progress: (UInt64) -> Void
    ) async throws -> [ReplayState] {
        var states = states
        var from = start
        // Between two neighbouring stops the same shards take part.
        for stop in Set(targets.values).sorted() where stop > from {
            let taking = targets.filter { $0.value >= stop }.map(\.key)
            var options = LogReplay.Options()
            options.threads = shardCount
            options.choice = choice
            options.choice.partitions = Set(taking)
            options.choice.modulus = shardCount
            // The limit is kept here, to try again with fewer partitions.
            options.memoryBytesMax = .max
            options.stretchRecords = max(1 << 10, min(1 << 16, Self.recordsAtOnce / shardCount))
            let replay = LogReplay(access: access, options: options)
            var taken = 0
            let given = LogReplay.States(own: states)
            states = []
            let (folded, done) = try await replay.run(given, from..<stop) { done in
                taken = done.byteCount
                progress(done.nextOffset)
                return taken <= memoryBytesMax
            }
            try Task.checkCancellation()
            guard taken <= memoryBytesMax else { throw MemoryExceeded(bytes: taken) }
            guard done.nextOffset == stop else {
                throw JobError(.software, "a fold up to offset \(stop) ended at \(done.nextOffset)")
            }
            states = folded.own
            from = stop
        }
        return states
    }

    /// Folds a partition on to `target`, on the calling thread.
    func catchUp(_ part: inout Part, modulus: Int, remainder: Int, to target: UInt64) throws {
        var next = part.position
        guard next < target else { return }
        var choice = choice
        (choice.partitions, choice.modulus) = ([remainder], modulus)
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: next)
        while next < target {
            let governing = try access.governing(next)
            for shard in part.states.keys.sorted() { part.states[shard]?.use(governing.set) }
            var decoder = ReplayDecoder(
                challenges: governing.set,
                other: nil,
                shardCount: shardCount,
                choice: choice
            )
            let stop = min(target, governing.end)
            while next < stop {
                if next >= reader.nextOffset {
                    guard try reader.nextFrame() else {
                        throw JobError(
                            .badData,
                            "the log has no record at offset \(next), though the tables have it folded"
                        )
                    }
                }
                // A configuration never begins inside a frame.
                let count = min(UInt64(reader.recordCount), stop - next)
                let bytes = reader.paddedBytes
                decoder.removeAll()
                decoder.append(lines: bytes.span.extracting(reader.byteRange), recordCount: Int(count))
                for shard in part.states.keys.sorted() {
                    part.states[shard]?.apply(decoder.shards[shard])
                }
                next += count
            }
        }
        part.position = target
    }
}
