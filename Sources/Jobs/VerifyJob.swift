import EventLog
import Fold
import Goals
package import Logging
import Postgres
import Replay
package import Settings
import Synchronization
import Tables

/// `goalpost verify`: folds the log again, in memory, and compares the tables with it.
///
/// Folds may go on meanwhile: each partition is compared at its own watermark. Partitions are folded in groups that
/// fit into the memory allowed; two connections compare at a time.
package struct VerifyJob: Sendable {
    /// Connections that compare; folding and comparing keep two cores busy.
    private static let connections = 2
    /// A folded partition takes at most this share of what its leaves take on disk; the limit is checked anyway.
    private static let memoryShare = 0.5

    /// How far a verify is.
    package struct Stage: Sendable {
        package enum Phase: String, Sendable { case fold, compare, payloads }
        package let phase: Phase
        package let done: UInt64
        /// Nil where it is not known.
        package let total: UInt64?
    }

    private let settings: Settings
    private let access: LogAccess
    private let database: Database
    private let namespace: Identifier
    private let log: Logger
    private let options: VerifyOptions

    package init(
        settings: Settings,
        access: LogAccess,
        database: Database,
        log: Logger,
        options: VerifyOptions = VerifyOptions()
    ) throws(JobError) {
        self.settings = settings
        self.access = access
        self.database = database
        self.log = log
        self.options = options
        namespace = try settings.requiredNamespace()
    }

    /// Compares, and repairs where the options say so; `progress` is called from several threads.
    package func run(progress: (@Sendable (Stage) -> Void)? = nil) async throws -> VerifySummary {
        let started = ContinuousClock.now
        let control = database.session("verify")
        let facts = try await Schema.check(control)
        let identity = try access.directory.identity().uuid
        if let bound = facts.logID, bound != identity.lowercased() {
            throw TablesError.logMismatch(database: bound, log: identity)
        }
        let hold = try access.hold("verify", log: log)
        defer { hold?.release() }
        let marks = try await chosen(control)
        var summary = VerifySummary()
        summary.partitions = marks.count
        summary.nextOffset = marks.map(\.nextOffset).min() ?? 0
        if options.repairs { summary.repairedRows = 0 }
        if let player = options.player {
            try await verify(player, marks, control, &summary)
        } else {
            try await verify(marks, control, &summary, progress)
        }
        if options.payloads {
            let payloads = PayloadVerifier(
                settings: settings,
                access: access,
                session: control,
                options: options
            )
            try await payloads.verify(marks, databaseID: facts.databaseID, into: &summary) { done in
                progress?(Stage(phase: .payloads, done: done, total: nil))
            }
        }
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }

    /// The partitions to look at.
    private func chosen(_ session: Session) async throws -> [PartitionWatermark] {
        let all = try await PublishTables(session: session).partitionStates(stream: Workspace.stream)
        if let player = options.player {
            return all.filter {
                PartitionHash.partition(of: player.utf8, modulus: $0.modulus) == $0.remainder
            }
        }
        guard let wanted = options.partitions else { return all }
        if let strange = wanted.sorted().first(where: { number in !all.contains { $0.partition == number } })
        {
            throw JobError(.usage, "there is no partition \(strange): they are 0 to \(all.count - 1)")
        }
        return all.filter { wanted.contains($0.partition) }
    }

    // MARK: Partitions

    private func verify(
        _ marks: [PartitionWatermark],
        _ control: Session,
        _ summary: inout VerifySummary,
        _ progress: (@Sendable (Stage) -> Void)?
    ) async throws {
        let bytes = try await TablesError.wrapping {
            try await control.readOnlySnapshot { transaction in
                try marks.map { try ProgressScan($0).storedBytes(in: transaction) }
            }
        }
        var waiting = Self.groups(marks, bytes, memoryBytes: options.memoryBytes)
        while let group = waiting.popLast() {
            do {
                try await verify(group: group, &summary, progress)
            } catch let error as StateFold.MemoryExceeded {
                guard group.count > 1 else {
                    throw JobError(
                        .configuration,
                        "folding partition \(group[0].partition) takes more than \(options.memoryBytes) bytes: raise "
                            + "--memory-bytes, or look at some players with --sample or --player "
                            + "(\(error.bytes) bytes were taken)"
                    )
                }
                log.info("more memory was needed than expected: folding fewer partitions at once")
                waiting.append(Array(group.suffix(group.count / 2)))
                waiting.append(Array(group.prefix(group.count - group.count / 2)))
            }
        }
    }

    /// Partitions that together fit into memory, by what their leaves take on disk; the last group comes first.
    private static func groups(
        _ marks: [PartitionWatermark],
        _ bytes: [UInt64],
        memoryBytes: Int
    ) -> [[PartitionWatermark]] {
        var groups: [[PartitionWatermark]] = []
        var taken = Double.infinity
        for (mark, bytes) in zip(marks, bytes) {
            let need = Double(bytes) * memoryShare
            if taken + need > Double(memoryBytes) {
                groups.append([])
                taken = 0
            }
            groups[groups.count - 1].append(mark)
            taken += need
        }
        return groups.reversed()
    }

    private func verify(
        group: [PartitionWatermark],
        _ summary: inout VerifySummary,
        _ progress: (@Sendable (Stage) -> Void)?
    ) async throws {
        let end = try access.directory.end()
        let fold = StateFold(
            access: access,
            shardCount: Self.shardCount(group),
            memoryBytesMax: options.memoryBytes,
            choice: options.choice
        )
        let clock = ContinuousClock()
        let foldStarted = clock.now
        var targets: [Int: UInt64] = [:]
        for mark in group {
            let shards = fold.shards(modulus: mark.modulus, remainder: mark.remainder)
            for shard in shards { targets[shard] = min(mark.nextOffset, end) }
        }
        var choice = options.choice
        (choice.partitions, choice.modulus) = (Set(targets.keys), fold.shardCount)
        let start = try VerifyStart(access: access, log: log, fromLog: options.fromLog)
            .states(shardCount: fold.shardCount, choice: choice, upTo: targets.values.min() ?? 0)
        summary.fromOffset = start.offset
        let total = targets.values.max() ?? 0
        var states = try await fold.fold(start.states, from: start.offset, to: targets) { offset in
            progress?(Stage(phase: .fold, done: offset, total: total))
        }
        var parts: [Int: StateFold.Part] = [:]
        for mark in group {
            let shards = fold.shards(modulus: mark.modulus, remainder: mark.remainder)
            parts[mark.partition] = StateFold.Part(
                states: Dictionary(uniqueKeysWithValues: shards.map { ($0, states[$0]) }),
                position: targets[shards[0]] ?? start.offset
            )
        }
        // What is held twice would be copied whole when it changes.
        states = []
        summary.passes += 1
        summary.foldSeconds += foldStarted.duration(to: clock.now).inSeconds

        let compareStarted = clock.now
        let rows = Mutex<UInt64>(0)
        let rowsBefore = summary.rows
        let count = { @Sendable (more: UInt64) throws -> Void in
            try Task.checkCancellation()
            let sum = rows.withLock { rows in
                rows += more
                return rows
            }
            progress?(Stage(phase: .compare, done: rowsBefore + sum, total: nil))
        }
        let found = try await compare(group, &parts, fold, count)
        for part in found.sorted(by: { $0.partition < $1.partition }) { summary.add(part.summary) }
        summary.compareSeconds += compareStarted.duration(to: clock.now).inSeconds
    }

    private func compare(
        _ group: [PartitionWatermark],
        _ parts: inout [Int: StateFold.Part],
        _ fold: StateFold,
        _ count: @escaping @Sendable (UInt64) throws -> Void
    ) async throws -> [(partition: Int, summary: VerifySummary)] {
        let lanes = (0..<min(Self.connections, group.count)).map { lane in
            group.enumerated().filter { $0.offset % Self.connections == lane }.map(\.element.partition)
        }
        // Moved, not copied: a state that is held twice would be copied whole when it catches up.
        let verifiers = lanes.enumerated().map { number, partitions in
            var own: [Int: StateFold.Part] = [:]
            for partition in partitions { own[partition] = parts.removeValue(forKey: partition) }
            return PartitionVerifier(
                session: database.session("verify-\(number)"),
                access: access,
                namespace: namespace,
                options: options,
                fold: fold,
                parts: own
            )
        }
        return try await withThrowingTaskGroup(of: [(partition: Int, summary: VerifySummary)].self) { tasks in
            for (partitions, verifier) in zip(lanes, verifiers) {
                tasks.addTask {
                    var found: [(partition: Int, summary: VerifySummary)] = []
                    for partition in partitions {
                        try Task.checkCancellation()
                        found.append((partition, try await verifier.verify(partition, rows: count)))
                    }
                    return found
                }
            }
            var all: [(partition: Int, summary: VerifySummary)] = []
            for try await found in tasks { all += found }
            return all
        }
    }

    /// The least number of shards that every partition is made of whole ones.
    private static func shardCount(_ marks: [PartitionWatermark]) -> Int {
        marks.reduce(1) { common, mark in
            var (left, right) = (common, mark.modulus)
            while right != 0 { (left, right) = (right, left % right) }
            return common / left * mark.modulus
        }
    }

    // MARK: One player

    private func verify(
        _ player: Identifier,
        _ marks: [PartitionWatermark],
        _ session: Session,
        _ summary: inout VerifySummary
    ) async throws {
        guard let mark = marks.first else { return }
        let verifier = PlayerVerifier(
            session: session,
            access: access,
            namespace: namespace,
            options: options,
            player: player,
            log: log
        )
        summary.add(try await verifier.verify(mark.partition))
    }
}
