package import Goals

/// Log records, parsed and routed to the partitions of their players.
///
/// One configuration governs a whole batch: the caller ends a batch where the next configuration begins.
package struct EventBatch: Sendable {
    package private(set) var partitions: [PartitionEvents]
    /// Records that no partition could take since they are no events.
    package private(set) var unreadable: UInt64 = 0
    private let challenges: ChallengeSet
    /// Stat codes that goals count, by number; a `PlayerTable` since that is a table of ids.
    private var stats = PlayerTable()
    private var scanner: EventScanner
    /// First offset each partition has not folded yet.
    private let watermarks: [UInt64]

    /// `watermarks` has one entry a partition: earlier records are folded there and left out.
    package init(challenges: ChallengeSet, watermarks: [UInt64]) {
        self.challenges = challenges
        self.watermarks = watermarks
        partitions = Array(repeating: PartitionEvents(), count: watermarks.count)
        scanner = EventScanner(namespace: nil, checks: false)
        for code in challenges.statCodes { _ = stats.index(of: code) }
    }

    /// Bytes held.
    package var byteCount: Int { partitions.reduce(0) { $0 + $1.byteCount } }

    /// Parses the first `recordCount` lines of `bytes`, each ended by a newline, the first being the record `baseOffset`.
    package mutating func append(lines bytes: Span<UInt8>, recordCount: Int, baseOffset: UInt64) {
        var start = 0
        for index in 0..<UInt64(recordCount) {
            let end = LineEnd.next(in: bytes, from: start) ?? bytes.count
            append(record: bytes.extracting(start..<end), offset: baseOffset + index)
            start = min(end + 1, bytes.count)
        }
    }

    /// Parses one record without its line end.
    package mutating func append(record line: Span<UInt8>, offset: UInt64) {
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line, now: nil), event.time != nil else {
                unreadable += 1
                return
            }
            view = event
        } catch {
            unreadable += 1
            return
        }
        guard let time = view.time else { return }
        let hash = scanner.with(view.user, in: line) { PartitionHash.hash($0) }
        let partition = Int(hash % UInt64(watermarks.count))
        guard offset >= watermarks[partition] else { return }
        let player = scanner.with(view.user, in: line) { id in
            partitions[partition].player(id, hash: hash)
        }
        let action = action(view, line, player, partition)
        partitions[partition].append(FoldEvent(player: player, time: time, action: action))
    }

    private mutating func action(
        _ view: EventView,
        _ line: Span<UInt8>,
        _ player: UInt32,
        _ partition: Int
    ) -> FoldEvent.Action {
        switch view.kind {
        case .userLoggedIn: return .login
        case .statItemUpdated:
            let stat = scanner.with(view.statCode, in: line) { code in
                stats.existingIndex(of: code, hash: PartitionHash.hash(code))
            }
            return .stat(stat: stat, value: view.value)
        case .goalActivationRequested:
            return .activation(request: request(view, line, player, partition), isActive: view.isActive)
        case .rewardClaimRequested: return .claim(request: request(view, line, player, partition))
        case .rewardDelivered:
            let request = FoldRequest(
                player: player,
                eventID: scanner.bytes(view.claimEventID, in: line),
                goal: nil,
                isDelivery: true
            )
            return .delivery(request: partitions[partition].append(request))
        }
    }

    private mutating func request(
        _ view: EventView,
        _ line: Span<UInt8>,
        _ player: UInt32,
        _ partition: Int
    ) -> UInt32 {
        let goal = challenges.goalIndex(
            Identifier(utf8: scanner.bytes(view.goalID, in: line)),
            in: Identifier(utf8: scanner.bytes(view.challengeID, in: line))
        )
        return partitions[partition].append(
            FoldRequest(
                player: player,
                eventID: scanner.bytes(view.id, in: line),
                goal: goal.map { UInt32($0) },
                isDelivery: false
            )
        )
    }
}
