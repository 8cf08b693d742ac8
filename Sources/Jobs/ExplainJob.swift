import EventLog
import Fold
import Goals
package import Logging
import PayloadStore
import Postgres
package import Settings
import Tables

/// `goalpost explain PLAYER [GOAL]`: the events that led to a player's state, each with its effect or the reason for
/// having none.
///
/// Reads the log from its start (from the newest good snapshot where the start is retained away) to its end and
/// folds this one player, with the configurations that applied. Compares the result at the watermark with the live
/// tables, where the database runs; changes nothing. Retention deletes nothing while it reads.
package struct ExplainJob: Sendable {
    private let settings: Settings
    private let access: LogAccess
    private let database: Database?
    private let namespace: Identifier
    private let log: Logger

    /// `database` is nil where it does not run: then nothing is compared.
    package init(settings: Settings, access: LogAccess, database: Database?, log: Logger) throws(JobError) {
        self.log = log
        self.settings = settings
        self.access = access
        self.database = database
        namespace = try settings.requiredNamespace()
    }

    /// Hands the events to `event` in log order: as they are found, or only the newest `limit` at the end.
    ///
    /// With `goal` only those that concern it. Throws `noInput` for a player or a goal that the log does not know.
    /// `progress` gets the offset reached and the log's end.
    package func run(
        player: String,
        goal: String? = nil,
        limit: Int? = nil,
        progress: (UInt64, UInt64) -> Void = { _, _ in },
        event: (ExplainedEvent) throws -> Void
    ) async throws -> Explanation {
        let id = Identifier(player)
        guard !id.utf8.isEmpty else { throw JobError(.usage, "a player's id has at least one character") }
        let hold = try access.hold("explain", log: log)
        defer { hold?.release() }
        let end = try access.directory.end()
        let stored = try await stored(id)
        let target = stored.map { min($0.watermark, end) } ?? end
        let (known, from) = try VerifyStart(access: access, log: log, fromLog: false)
            .contents(of: id, upTo: target, wholeLog: true)
        var history = PlayerHistory(known)
        var newest = NewestEvents(limit: limit)
        var count: UInt64 = 0
        let scan = PlayerScan(access: access, player: id)
        let found = { (found: PlayerScan.Found) in
            let explained = ExplainWords(found.challenges).event(found)
            let own = goal.map { Self.concerning($0, explained, found) } ?? explained
            guard let own else { return }
            count += 1
            if let next = newest.add(own) { try event(next) }
        }
        let report = { (offset: UInt64) in
            try Task.checkCancellation()
            progress(offset, end)
        }
        try scan.fold(into: &history, from: from, to: target, progress: report, event: found)
        let atWatermark = history.contents()
        try scan.fold(into: &history, from: target, to: end, progress: report, event: found)
        let contents = history.contents()
        try await check(contents, goal, id, from, end, stored)
        for next in newest.events { try event(next) }
        return Explanation(
            player: player,
            goal: goal,
            fromOffset: from,
            retained: from == 0
                ? nil
                : "the log begins at offset \(try access.directory.firstOffset()): the explanation starts from the "
                    + "snapshot at offset \(from)",
            nextOffset: end,
            events: count,
            eventsLeftOut: newest.leftOut,
            firstEventAt: DriftText.time(contents.state?.firstEventAt),
            lastEventAt: DriftText.time(contents.state?.lastEventAt),
            rows: Self.rows(contents, goal),
            tables: stored.map { compared($0, id, atWatermark, goal) },
            published: try published(id)
        )
    }

    // MARK: Ends

    /// Throws where there is nothing to explain.
    private func check(
        _ contents: PlayerHistory.Contents,
        _ goal: String?,
        _ player: Identifier,
        _ from: UInt64,
        _ end: UInt64,
        _ stored: Stored?
    ) async throws {
        guard contents.state != nil else {
            let isStored = stored.map { !$0.player.isUnknown } ?? false
            throw JobError(
                .noInput,
                "player \(player) has no event in the log (offsets \(from) to \(end))"
                    + (isStored
                        ? ", though the tables hold rows of that id: run `goalpost verify --player`" : "")
            )
        }
        guard let goal else { return }
        let id = Identifier(goal)
        guard contents.rows[id] == nil else { return }
        for offset in try access.directory.configurations.offsets()
        where try access.governing(offset).set.goalIndex(id) != nil {
            return
        }
        throw JobError(.noInput, "no configuration of the log has a goal \(goal)")
    }

    /// The event with its effects on one goal only; nil where it does not concern that goal.
    private static func concerning(
        _ goal: String,
        _ event: ExplainedEvent,
        _ found: PlayerScan.Found
    ) -> ExplainedEvent? {
        let effects = event.effects.filter { $0.goal.utf8.elementsEqual(goal.utf8) }
        guard !effects.isEmpty || found.goal.elementsEqual(goal.utf8) else { return nil }
        return ExplainedEvent(
            offset: event.offset,
            time: event.time,
            name: event.name,
            text: event.text,
            id: event.id,
            decision: event.decision,
            ignored: event.ignored,
            grant: event.grant,
            effects: effects
        )
    }

    private static func rows(_ contents: PlayerHistory.Contents, _ goal: String?) -> [Explanation.Row] {
        contents.rows.sorted { $0.key < $1.key }
            .filter { row in goal.map { row.key.utf8.elementsEqual($0.utf8) } ?? true }
            .map { id, found in
                Explanation.Row(
                    goal: "\(id)",
                    challenge: "\(found.challenge)",
                    progress: found.row.progress,
                    status: found.row.status.text,
                    isActive: found.row.isActive,
                    assignedAt: DriftText.time(found.row.assignedAt),
                    completedAt: DriftText.time(found.row.completedAt),
                    claimedAt: DriftText.time(found.row.claimedAt),
                    lastEventAt: DriftText.time(found.row.lastEventAt)
                )
            }
    }

    // MARK: Tables and payloads

    private struct Stored: Sendable {
        let player: StoredPlayer
        let partition: Int
        let watermark: UInt64
        let sequence: UInt64
    }

    /// What the tables hold; nil where there are none.
    private func stored(_ player: Identifier) async throws -> Stored? {
        guard let database else { return nil }
        let session = database.session("explain")
        do {
            let facts = try await Schema.check(session)
            // Another log's tables have nothing to say about this one's player.
            let log = try access.directory.identity().uuid.lowercased()
            guard facts.logID ?? log == log else { return nil }
        } catch TablesError.notInstalled {
            return nil
        } catch TablesError.postgres(.unreachable) {
            return nil  // The log explains without it; the end says that nothing was compared.
        }
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction -> Stored? in
                let marks = try ProgressScan.watermarks(stream: Workspace.stream, in: transaction)
                let own = marks.first {
                    PartitionHash.partition(of: player.utf8, modulus: $0.modulus) == $0.remainder
                }
                guard let own else { return nil }
                return try StoredPlayerReader(own).players([player], in: transaction).first.map {
                    Stored(
                        player: $0,
                        partition: own.partition,
                        watermark: own.nextOffset,
                        sequence: own.sequence
                    )
                }
            }
        }
    }

    private func compared(
        _ stored: Stored,
        _ player: Identifier,
        _ contents: PlayerHistory.Contents,
        _ goal: String?
    ) -> Explanation.Tables {
        var comparison = PlayerComparison(partition: stored.partition)
        let expected = ExpectedPlayer(player, contents, namespace: namespace)
        comparison.compare(expected, stored.player, sequence: stored.sequence)
        let drift = comparison.list.kept.filter { drift in
            guard let goal, let own = drift.goal else { return true }
            return own.utf8.elementsEqual(goal.utf8)
        }
        return Explanation.Tables(partition: stored.partition, watermark: stored.watermark, drift: drift)
    }

    /// What clients are shown, in a line.
    private func published(_ player: Identifier) throws -> String {
        do throws(PayloadStoreError) {
            let reader = try PublishedStore(directory: access.workspace.payloads).makeReader()
            return try reader.read { view throws(PayloadStoreError) in
                let partition = try view.withAnswer(of: player.utf8, .initialize) { header, _ in
                    header.partition
                }
                guard let partition else {
                    return "clients are shown the template: no answer of the player's own is published yet"
                }
                let offset = view.state.mark(of: partition)?.offset ?? 0
                return
                    "clients are shown the state up to offset \(offset), for \(UTCDay(number: view.state.day).text)"
            }
        } catch {
            guard case .notPublished = error else { throw error }
            return "clients are shown nothing: nothing is published yet"
        }
    }
}

/// The newest events, where only so many are wanted; bounded by that number.
private struct NewestEvents {
    let limit: Int?
    private var kept: [ExplainedEvent] = []
    /// Where the oldest one is once `kept` is full.
    private var oldest = 0
    private(set) var leftOut: UInt64 = 0

    init(limit: Int?) { self.limit = limit }

    /// Keeps an event for the end; returns it where nothing limits them.
    mutating func add(_ event: ExplainedEvent) -> ExplainedEvent? {
        guard let limit else { return event }
        guard limit > 0 else {
            leftOut += 1
            return nil
        }
        if kept.count < limit {
            kept.append(event)
        } else {
            kept[oldest] = event
            oldest = (oldest + 1) % limit
            leftOut += 1
        }
        return nil
    }

    /// In log order.
    var events: [ExplainedEvent] { Array(kept[oldest...] + kept[..<oldest]) }
}
