import Goals
import PayloadStore
import Tables

/// One publish at work: its steps, and the state that each commit stores with its players.
struct PublishRun {
    /// No code of the fold is as long.
    private static let errorCodeScalarsMax = 60

    private let tables: PublishTables
    private let sink: PublishedSink
    private let partitions: [PartitionWatermark]
    private let challenges: ChallengeSet
    private let lanes: [AnswerLane]
    let day: UTCDay
    private let batchPlayers: Int
    private let now: @Sendable () -> Timestamp
    private let progress: ((PublishSummary, Int, Int) -> Void)?
    /// Partitions done, over all passes.
    private var partitionsDone = 0

    /// What the store will show once the run has ended.
    private let target: PublishedState
    /// What the next commit stores.
    private var state: PublishedState
    private(set) var isFull = false
    private(set) var summary = PublishSummary()

    init(
        tables: PublishTables,
        sink: PublishedSink,
        partitions: [PartitionWatermark],
        challenges: ChallengeSet,
        lanes: [AnswerLane],
        day: UTCDay,
        batchPlayers: Int,
        now: @escaping @Sendable () -> Timestamp,
        progress: ((PublishSummary, Int, Int) -> Void)?,
        state: PublishedState
    ) {
        self.tables = tables
        self.sink = sink
        self.partitions = partitions
        self.challenges = challenges
        self.lanes = lanes
        self.day = day
        self.batchPlayers = batchPlayers
        self.now = now
        self.progress = progress
        self.state = state
        target = state
    }

    /// Decides between everybody and the changed, and stores the templates.
    mutating func begin(
        after previous: PublishedState?,
        all: Bool,
        templates: [(TemplateID, [UInt8])]
    ) async throws {
        let isShown = previous.map { $0.challengesID == target.challengesID && $0.day <= target.day } ?? false
        let samePartitions = previous.map { Set($0.partitions.map(\.partition)) == partitionNumbers } ?? false
        isFull = all || !isShown || !samePartitions || previous?.fullRun != nil || wentBack(since: previous)
        summary.isFull = isFull
        if let previous {
            state = previous
            state.publishedAt = now().milliseconds
        } else {
            state.currentTemplates = []
        }
        guard isFull else { return }
        // Readers get the new templates from here on; answers keep the old ones until they are rendered anew.
        // In a first run nobody has the template for an answer yet: a player not rendered may have events.
        state.currentTemplates = state.currentTemplates.isEmpty ? [] : target.currentTemplates
        if let run = previous?.fullRun, run.challengesID == target.challengesID, run.day == target.day,
            samePartitions, !all
        {
            summary.isResumed = true
        } else {
            state.fullRun = FullRunProgress(
                challengesID: target.challengesID,
                day: target.day,
                partition: UInt16(partitions.first?.partition ?? 0),
                lastUser: []
            )
            state.partitions = partitions.map { partition in
                previous?.mark(of: UInt16(partition.partition))
                    ?? PartitionMark(
                        partition: UInt16(partition.partition),
                        sequence: 0,
                        offset: 0,
                        foldedAt: 0
                    )
            }
        }
        var batch = PayloadBatch()
        for (id, bytes) in templates { try batch.add(template: id, bytes: bytes) }
        try await sink.commit(batch, state)
    }

    /// Whether the tables are behind what is shown: somebody restored them from a copy.
    private func wentBack(since previous: PublishedState?) -> Bool {
        partitions.contains { partition in
            guard let mark = previous?.mark(of: UInt16(partition.partition)) else { return false }
            return partition.sequence < UInt64(clamping: mark.sequence) || partition.nextOffset < mark.offset
        }
    }

    private var partitionNumbers: Set<UInt16> { Set(partitions.map { UInt16($0.partition) }) }

    /// Renders every player, partition by partition, from where an interrupted run stopped.
    mutating func renderEverybody() async throws {
        guard let start = state.fullRun else { return }
        partitionsDone = partitions.count { $0.partition < Int(start.partition) }
        for partition in partitions where partition.partition >= Int(start.partition) {
            let number = UInt16(partition.partition)
            var after: Identifier?
            if number == start.partition, !start.lastUser.isEmpty {
                after = Identifier(utf8: start.lastUser)
            } else {
                // What changes from now on is found by sequence afterwards; the offset follows then.
                setMark(number) { mark in
                    mark.sequence = Int64(clamping: partition.sequence)
                    mark.offset = min(mark.offset, partition.nextOffset)
                }
            }
            repeat {
                let players = try await tables.all(
                    partition: partition,
                    afterUser: after,
                    limit: batchPlayers,
                    challenges: challenges,
                    outcomesMax: PublishedOutcome.countMax
                )
                let last = players.lastUser?.utf8 ?? after?.utf8 ?? []
                after = players.lastUser
                try await store(players, number) { state in
                    state.fullRun?.partition = number
                    state.fullRun?.lastUser = last
                }
            } while after != nil
            partitionsDone += 1
        }
        state.fullRun = nil
        state.currentTemplates = target.currentTemplates
        state.challengesID = target.challengesID
        state.day = target.day
        try await commit(PayloadBatch())
    }

    /// Renders the players whose answers showed a daily goal that the new day resets.
    mutating func renderNewDay() async throws {
        guard state.day < target.day else { return }
        while true {
            let due = try await sink.dailyDue(before: target.day, limit: batchPlayers)
            if due.isEmpty { break }
            for partition in partitions {
                let ids = due.filter {
                    PartitionHash.partition(of: $0, modulus: partition.modulus) == partition.remainder
                }
                guard !ids.isEmpty else { continue }
                let players = try await tables.players(
                    partition: partition,
                    ids: ids.map { Identifier(utf8: $0) },
                    challenges: challenges,
                    outcomesMax: PublishedOutcome.countMax
                )
                try await store(players, UInt16(partition.partition), missing: ids)
                summary.playersForNewDay += UInt64(players.players.count)
            }
        }
        state.day = target.day
    }

    /// Renders the players that folds changed, and notes how far each partition is published.
    mutating func renderChanged() async throws {
        for partition in partitions {
            let number = UInt16(partition.partition)
            let shown = UInt64(clamping: state.mark(of: number)?.sequence ?? 0)
            var after: Identifier?
            var isDone = shown >= partition.sequence
            while !isDone {
                let players = try await tables.changed(
                    partition: partition,
                    after: shown,
                    afterUser: after,
                    limit: batchPlayers,
                    challenges: challenges,
                    outcomesMax: PublishedOutcome.countMax
                )
                after = players.lastUser
                isDone = after == nil
                try await store(players, number, missing: players.gone.map(\.utf8))
            }
            partitionsDone += 1
            setMark(of: partition)
        }
        state.publishedAt = now().milliseconds
        try await commit(PayloadBatch())
    }

    private mutating func setMark(of partition: PartitionWatermark) {
        setMark(UInt16(partition.partition)) { mark in
            mark.sequence = max(mark.sequence, Int64(clamping: partition.sequence))
            mark.offset = max(mark.offset, partition.nextOffset)
            mark.foldedAt = partition.foldedAt?.milliseconds ?? 0
        }
    }

    private mutating func setMark(_ partition: UInt16, _ change: (inout PartitionMark) -> Void) {
        if let index = state.partitions.firstIndex(where: { $0.partition == partition }) {
            change(&state.partitions[index])
        } else {
            var mark = PartitionMark(partition: partition, sequence: 0, offset: 0, foldedAt: 0)
            change(&mark)
            state.partitions.append(mark)
            state.partitions.sort { $0.partition < $1.partition }
        }
    }

    /// Renders and stores some players; those of `missing` that the tables do not know are removed.
    ///
    /// `finish` changes the state that the last of the commits stores.
    private mutating func store(
        _ players: PlayerBatch,
        _ partition: UInt16,
        missing: [[UInt8]] = [],
        finish: (inout PublishedState) -> Void = { _ in }
    ) async throws {
        let rendered = try await render(players)
        var batch = PayloadBatch()
        for (number, player) in rendered.enumerated() {
            if batch.isFull {
                try await commit(batch)
                batch = PayloadBatch()
            }
            try batch.put(
                user: player.user,
                partition: partition,
                day: target.day,
                answers: player.answers,
                dailyUntil: player.dailyUntil,
                outcomes: Self.published(players.outcomes[UInt32(number)] ?? [])
            )
            summary.frameBytes += UInt64(player.frameBytes)
        }
        for user in missing where players.players.existingIndex(of: Identifier(utf8: user)) == nil {
            try batch.remove(user: user)
        }
        summary.players += UInt64(rendered.count)
        summary.answers += UInt64(rendered.count * AnswerSlot.allCases.count)
        finish(&state)
        try await commit(batch)
        // A publish of everybody passes over the partitions twice: then come those who changed meanwhile.
        progress?(summary, partitionsDone, partitions.count * (isFull ? 2 : 1))
        try Task.checkCancellation()
    }

    /// Outcomes as clients ask for them; nothing that stands in the tables may keep a publish from ending.
    private static func published(_ outcomes: [StoredOutcome]) -> [PublishedOutcome] {
        outcomes.compactMap { outcome in
            // Only a hand could have written a longer one, and no client could ask for it.
            guard outcome.eventKey.count <= EventKey.bytesMax else { return nil }
            var code: String?
            if outcome.outcome != "applied" {
                code = outcome.errorCode.map { String($0.unicodeScalars.prefix(errorCodeScalarsMax)) }
                if code?.isEmpty ?? true { code = "REJECTED" }
            }
            return PublishedOutcome(
                key: outcome.eventKey,
                errorCode: code,
                decidedAt: outcome.decidedAt.microseconds
            )
        }
    }

    private func render(_ players: PlayerBatch) async throws -> [AnswerLane.Rendered] {
        let count = players.players.count
        let share = (count + lanes.count - 1) / lanes.count
        let day = day
        return try await withThrowingTaskGroup(of: (Int, [AnswerLane.Rendered]).self) { group in
            for (number, lane) in lanes.enumerated() {
                let range = min(number * share, count)..<min((number + 1) * share, count)
                guard !range.isEmpty else { continue }
                group.addTask { (number, try await lane.render(players, range, day: day)) }
            }
            var parts: [(Int, [AnswerLane.Rendered])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private func commit(_ batch: PayloadBatch) async throws { try await sink.commit(batch, state) }
}
