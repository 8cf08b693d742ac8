import EventLog
package import Goals
package import Replay

/// Folds a stretch of the log into states in memory, on some threads, with the configurations of the time.
///
/// Each thread parses every other stretch of records; behind it each applies the events of its own shard's
/// players in log order. The result does not depend on the number of threads.
package struct LogReplay: Sendable {
    package struct Options: Sendable {
        package static let memoryBytesDefault = 4 << 30
        package static let threadsAllowed = 1...64

        package var threads = 2
        package var choice = PlayerChoice()
        /// The set of a what-if, folded beside the log's own ones.
        package var other: ChallengeSet?
        /// Bytes that states and parsed events may take together.
        package var memoryBytesMax = Self.memoryBytesDefault
        /// Records read in a second at most; nil sets no such bound.
        package var recordsPerSecondMax: Int?
        /// Records that a thread parses at once; that many times some 120 bytes are held.
        ///
        /// Many, for players are visited in the order of their memory, and the more the nearer to each other.
        package var stretchRecords = 1 << 19
        /// Whether threads with more urgent work go first.
        package var isLowPriority = true
        /// Whether all that was read has to be durable in the end.
        package var isDurable = false

        package init() {}
    }

    /// How far a replay is.
    package struct Progress: Sendable {
        /// First offset not folded.
        package var nextOffset: UInt64
        /// Records read, those of players not chosen included.
        package var records: UInt64 = 0
        /// Records that are no events.
        package var unreadable: UInt64 = 0
        package var leastTime: Timestamp?
        package var greatestTime: Timestamp?
        /// Bytes that the states take.
        package var byteCount = 0
    }

    /// States of one replay, one a shard, and those of the what-if.
    package struct States: Sendable {
        package var own: [ReplayState]
        /// Empty without a what-if.
        package var other: [ReplayState]

        package init(own: [ReplayState], other: [ReplayState] = []) { (self.own, self.other) = (own, other) }
    }

    package let access: LogAccess
    package let options: Options

    package init(access: LogAccess, options: Options) { (self.access, self.options) = (access, options) }

    /// States without players, one a thread, for the records from `offset` on.
    package func emptyStates(
        at offset: UInt64,
        keeping detail: Detail,
        catalogue: GoalCatalogue = GoalCatalogue()
    ) throws -> [ReplayState] {
        let challenges = try access.governing(offset).set
        let state = ReplayState(challenges: challenges, keeping: detail, catalogue: catalogue)
        return Array(repeating: state, count: options.threads)
    }

    /// The what-if's states without players, none where there is no what-if.
    package func emptyOtherStates(catalogue: GoalCatalogue = GoalCatalogue()) -> [ReplayState] {
        guard let other = options.other else { return [] }
        let state = ReplayState(challenges: other, keeping: .rows, catalogue: catalogue)
        return Array(repeating: state, count: options.threads)
    }

    /// The shard that holds a player.
    package static func shard(of id: Identifier, count: Int) -> Int {
        Int(PartitionHash.hash(id.utf8) % UInt64(count))
    }

    /// Folds the records in `range` on top of `states`, of which there is one a thread.
    ///
    /// `progress` is called after each batch and says whether to go on; when it says no, the states are those at
    /// the returned progress's `nextOffset`. Throws when the states outgrow the memory they may take.
    package func run(
        _ states: consuming States,
        _ range: Range<UInt64>,
        progress: (Progress) -> Bool = { _ in true }
    ) async throws -> (states: States, progress: Progress) {
        let workers = try workers(states, at: range.lowerBound)
        // Nobody else may hold them now, or the first change would copy them.
        states = States(own: [])
        var done = Progress(nextOffset: range.lowerBound)
        let started = ContinuousClock.now
        while done.nextOffset < range.upperBound {
            let governing = try access.governing(done.nextOffset)
            for worker in workers { await worker.use(governing.set, other: options.other) }
            let end = min(range.upperBound, governing.end)
            while done.nextOffset < end {
                let held = try await batch(workers, to: end, &done)
                try checkMemory(done.byteCount + held, done, range)
                try await keepRate(done.records, since: started)
                if !progress(done) || Task.isCancelled {
                    return (await Self.states(of: workers), done)
                }
            }
        }
        if options.isDurable { for worker in workers { try await worker.syncRead() } }
        return (await Self.states(of: workers), done)
    }

    private func workers(_ states: States, at offset: UInt64) throws -> [ReplayWorker] {
        guard states.own.count == options.threads else {
            throw JobError(.software, "\(states.own.count) states for \(options.threads) threads")
        }
        let decoder = ReplayDecoder(
            challenges: try access.governing(offset).set,
            other: options.other,
            shardCount: options.threads,
            choice: options.choice
        )
        return states.own.indices.map { index in
            ReplayWorker(
                access: access,
                decoder: decoder,
                state: states.own[index],
                other: options.other == nil ? nil : states.other[index],
                isLowPriority: options.isLowPriority,
                label: "goalpost.replay-\(index)"
            )
        }
    }

    /// Reads and applies the next records, at most to `end`; returns the bytes of their events.
    private func batch(
        _ workers: [ReplayWorker],
        to end: UInt64,
        _ done: inout Progress
    ) async throws -> Int {
        var stretches: [Range<UInt64>] = []
        var next = done.nextOffset
        // With a rate, no more than a fifth of a second's records: whoever stops it does not wait long.
        let fifth = options.recordsPerSecondMax.map { max(1, $0 / (5 * workers.count)) }
        let stretch = UInt64(min(options.stretchRecords, fifth ?? .max))
        while next < end, stretches.count < workers.count {
            let stop = min(end, next + stretch)
            stretches.append(next..<stop)
            next = stop
        }
        var decoded: [ReplayWorker.Decoded] = []
        try await withThrowingTaskGroup(of: (Int, ReplayWorker.Decoded).self) { group in
            for (index, stretch) in stretches.enumerated() {
                group.addTask { (index, try await workers[index].decode(stretch)) }
            }
            var parts: [(Int, ReplayWorker.Decoded)] = []
            for try await part in group { parts.append(part) }
            decoded = parts.sorted { $0.0 < $1.0 }.map(\.1)
        }
        let all = decoded
        await withTaskGroup(of: Void.self) { group in
            for (index, worker) in workers.enumerated() {
                group.addTask { await worker.apply(all.map { $0.shards[index] }) }
            }
        }
        done.nextOffset = next
        for part in decoded { done.add(part) }
        done.byteCount = 0
        for worker in workers { done.byteCount += await worker.byteCount }
        return decoded.reduce(0) { $0 + $1.byteCount }
    }

    private static func states(of workers: [ReplayWorker]) async -> States {
        var states = States(own: [])
        for worker in workers {
            let (own, other) = await worker.states()
            states.own.append(own)
            if let other { states.other.append(other) }
        }
        return states
    }

    private func checkMemory(_ bytes: Int, _ done: Progress, _ range: Range<UInt64>) throws {
        guard bytes > options.memoryBytesMax else { return }
        throw JobError(
            .system,
            "the replay took more than \(options.memoryBytesMax) bytes of memory at offset \(done.nextOffset) "
                + "of \(range.upperBound): fold some players at a time with --partitions (such as 0-7, then 8-15) "
                + "or --sample, or raise --memory-bytes"
        )
    }

    /// Waits until the records read so far are no more than the rate allows.
    private func keepRate(_ records: UInt64, since started: ContinuousClock.Instant) async throws {
        guard let rate = options.recordsPerSecondMax else { return }
        let due = started + .seconds(Double(records) / Double(rate))
        // The wait is what the rate limit is.
        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
    }
}

extension LogReplay.Progress {
    fileprivate mutating func add(_ part: ReplayWorker.Decoded) {
        records += part.recordCount
        unreadable += part.unreadable
        guard part.recordCount > 0 else { return }
        let least = Timestamp(microseconds: part.leastTime * 1000)
        let greatest = Timestamp(microseconds: part.greatestTime * 1000)
        leastTime = min(leastTime ?? least, least)
        greatestTime = max(greatestTime ?? greatest, greatest)
    }
}
