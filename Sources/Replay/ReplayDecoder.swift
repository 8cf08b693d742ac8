package import Goals

/// Parses records of the log into events for the shards of a replay.
package struct ReplayDecoder: Sendable {
    package private(set) var shards: [ReplayEvents]
    /// Records parsed, those of players not chosen and those that are no events included.
    package private(set) var recordCount: UInt64 = 0
    /// Records that are no events.
    package private(set) var unreadable: UInt64 = 0
    private let choice: PlayerChoice?
    private var challenges: ChallengeSet
    private let other: ChallengeSet?
    private var stats = PlayerTable()
    private var scanner = EventScanner(namespace: nil, checks: false)

    /// `other` is the set of a what-if.
    package init(challenges: ChallengeSet, other: ChallengeSet?, shardCount: Int, choice: PlayerChoice) {
        shards = Array(repeating: ReplayEvents(), count: shardCount)
        self.challenges = challenges
        self.other = other
        self.choice = choice.isEverybody ? nil : choice
        use(challenges)
    }

    /// Makes the log's next configuration govern all records that follow.
    package mutating func use(_ challenges: ChallengeSet) {
        self.challenges = challenges
        stats = PlayerTable()
        for code in Self.statCodes(challenges, other) { _ = stats.index(of: code) }
    }

    /// The codes in the order of the numbers that events name them by.
    package static func statCodes(_ challenges: ChallengeSet, _ other: ChallengeSet?) -> [Identifier] {
        let own = challenges.statCodes
        guard let other else { return own }
        return own + other.statCodes.filter { challenges.statNumber($0) == nil }
    }

    /// Forgets the events; their memory is kept for the next ones.
    package mutating func removeAll() {
        for shard in shards.indices { shards[shard].removeAll() }
        recordCount = 0
        unreadable = 0
    }

    /// Parses the first `recordCount` lines of `bytes`, each ended by a newline.
    package mutating func append(lines bytes: Span<UInt8>, recordCount: Int) {
        var start = 0
        for _ in 0..<recordCount {
            let end = LineEnd.next(in: bytes, from: start) ?? bytes.count
            append(bytes.extracting(start..<end))
            start = min(end + 1, bytes.count)
        }
        self.recordCount += UInt64(recordCount)
    }

    private mutating func append(_ line: Span<UInt8>) {
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line, now: nil) else {
                unreadable += 1
                return
            }
            view = event
        } catch {
            unreadable += 1
            return
        }
        guard let time = view.time else {
            unreadable += 1
            return
        }
        // Escapes are rare: what has none is read in place, without a call across rooms for each field.
        if view.user.isDecoded || view.statCode.isDecoded {
            let user = scanner.bytes(view.user, in: line)
            let code = scanner.bytes(view.statCode, in: line)
            append(view, line, time, user: user.span, code: code.span)
        } else {
            let user = line.extracting(view.user.range)
            append(view, line, time, user: user, code: line.extracting(view.statCode.range))
        }
    }

    private mutating func append(
        _ view: EventView,
        _ line: Span<UInt8>,
        _ time: Timestamp,
        user: Span<UInt8>,
        code: Span<UInt8>
    ) {
        let hash = PartitionHash.hash(user)
        if let choice, !choice.contains(user, hash: hash) { return }
        let shard = shards.count == 1 ? 0 : Int(hash % UInt64(shards.count))
        let kind: ReplayEvents.Kind
        var detail = ReplayEvents.none
        switch view.kind {
        case .userLoggedIn: kind = .login
        case .statItemUpdated:
            kind = .stat
            detail = stats.existingIndex(of: code, hash: PartitionHash.hash(code)) ?? ReplayEvents.none
        case .goalActivationRequested:
            kind = view.isActive ? .activate : .deactivate
            detail = request(view, line, shard)
        case .rewardClaimRequested:
            kind = .claim
            detail = request(view, line, shard)
        case .rewardDelivered:
            kind = .delivery
            let id = scanner.bytes(view.claimEventID, in: line)
            detail = shards[shard].append(
                eventID: id.span,
                goal: ReplayEvents.none,
                otherGoal: ReplayEvents.none
            )
        }
        shards[shard].append(kind, user: user, hash: hash, time: time, value: view.value, detail: detail)
    }

    private mutating func request(_ view: EventView, _ line: Span<UInt8>, _ shard: Int) -> UInt32 {
        let goal = Identifier(utf8: scanner.bytes(view.goalID, in: line))
        let challenge = Identifier(utf8: scanner.bytes(view.challengeID, in: line))
        let own = challenges.goalIndex(goal, in: challenge)
        let others = other?.goalIndex(goal, in: challenge)
        let id = scanner.bytes(view.id, in: line)
        return shards[shard].append(
            eventID: id.span,
            goal: own.map { UInt32($0) } ?? ReplayEvents.none,
            otherGoal: others.map { UInt32($0) } ?? ReplayEvents.none
        )
    }
}
