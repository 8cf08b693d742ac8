import Goals
import Tables

/// Compares players field by field, lists what differs, and gathers what would repair it.
struct PlayerComparison {
    private static let attemptedReason =
        "somebody tried to deliver it: changing the row would not change what the player got"
    private static let deliveredReason =
        "a delivered reward is not taken back; if it reached the player, its rewardDelivered event is missing in the log"

    let partition: Int
    private(set) var list = DriftList()
    private(set) var repair = PartitionRepair()

    init(partition: Int) { self.partition = partition }

    /// Takes out what was gathered for repair.
    mutating func takeRepair() -> PartitionRepair {
        defer { repair = PartitionRepair() }
        return repair
    }

    /// Compares one player and returns whether anything differs; `sequence` is the partition's.
    @discardableResult
    mutating func compare(_ log: ExpectedPlayer, _ table: StoredPlayer, sequence: UInt64) -> Bool {
        let before = list.count
        comparePlayer(log, table)
        compareRows(log, table)
        compareOutcomes(log, table)
        compareGrants(log, table)
        compareChange(log, table, sequence)
        guard list.count > before else { return false }
        repair.marked.insert(log.id)
        return true
    }

    /// Lists every row that a leaf holds of an id of another partition.
    mutating func addStranger(_ table: StoredPlayer) {
        let text = DriftText.text(table.id.utf8)
        func drift(_ name: String, _ says: String) -> Drift {
            Drift(kind: .wrongPartition, partition: partition, table: name, player: text, tableSays: says)
        }
        if table.state != nil { list.add([drift("player", "a row")]) }
        if table.changeSequence != nil { list.add([drift("player_change", "a row")]) }
        for row in table.rows {
            var found = drift("user_goal_progress", Self.summary(row))
            found.goal = "\(row.goal)"
            list.add([found])
        }
        for outcome in table.outcomes {
            var found = drift("request_outcome", outcome.outcome)
            found.event = DriftText.text(outcome.eventKey)
            list.add([found])
        }
        for grant in table.grants {
            var found = drift("reward_grant", Self.summary(grant))
            found.event = DriftText.text(grant.eventKey)
            found.goal = "\(grant.goal)"
            if !grant.isUntouched { found.notRepairable = Self.attemptedReason }
            list.add([found])
        }
    }

    mutating func add(_ drift: Drift) { list.add([drift]) }

    private func drift(_ kind: Drift.Kind, _ table: String, _ player: Identifier) -> Drift {
        Drift(kind: kind, partition: partition, table: table, player: "\(player)")
    }

    /// The fields that differ, as entries made from `base`.
    private func fields(_ base: Drift, _ pairs: [(name: String, log: String?, table: String?)]) -> [Drift] {
        pairs.filter { !Self.isSame($0.log, $0.table) }.map { name, log, table in
            var found = base
            (found.field, found.logSays, found.tableSays) = (name, log, table)
            return found
        }
    }

    /// By bytes: `==` of strings takes NFC and NFD for one.
    private static func isSame(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.utf8.elementsEqual(right.utf8)
    }
}

// MARK: Tables
extension PlayerComparison {
    private mutating func comparePlayer(_ log: ExpectedPlayer, _ table: StoredPlayer) {
        switch (log.state, table.state) {
        case (nil, nil): break
        case (let state?, nil):
            var found = drift(.playerMissing, "player", log.id)
            found.logSays = "first heard of at \(DriftText.time(state.firstEventAt) ?? "")"
            list.add([found])
            repair.players.append((log.id, state))
        case (nil, let state?):
            var found = drift(.playerExtra, "player", log.id)
            found.tableSays = "first heard of at \(DriftText.time(state.firstEventAt) ?? "")"
            list.add([found])
            repair.playersGone.append(log.id)
        case (let state?, let stored?):
            let found = fields(
                drift(.playerDiffers, "player", log.id),
                [
                    (
                        "first_event_at", DriftText.time(state.firstEventAt),
                        DriftText.time(stored.firstEventAt)
                    ),
                    ("last_event_at", DriftText.time(state.lastEventAt), DriftText.time(stored.lastEventAt)),
                ]
            )
            guard !found.isEmpty else { break }
            list.add(found)
            repair.players.append((log.id, state))
        }
    }

    private mutating func compareRows(_ log: ExpectedPlayer, _ table: StoredPlayer) {
        for (expected, stored) in Self.paired(log.rows, table.rows, by: \.goal.utf8) {
            switch (expected, stored) {
            case (let row?, nil):
                var found = drift(.rowMissing, "user_goal_progress", log.id)
                (found.goal, found.logSays) = ("\(row.goal)", Self.summary(row))
                list.add([found])
                repair.progress.append((log.id, row))
            case (nil, let row?):
                var found = drift(.rowExtra, "user_goal_progress", log.id)
                (found.goal, found.tableSays) = ("\(row.goal)", Self.summary(row))
                list.add([found])
                repair.progressGone.append(PartitionRepair.Key(log.id, row.goal.utf8))
            case (let row?, let stored?) where row != stored:
                var base = drift(.fieldDiffers, "user_goal_progress", log.id)
                base.goal = "\(row.goal)"
                list.add(
                    fields(base, zip(Self.columns(row), Self.columns(stored)).map { ($0.0, $0.1, $1.1) })
                )
                repair.progress.append((log.id, row))
            default: break
            }
        }
    }

    private mutating func compareOutcomes(_ log: ExpectedPlayer, _ table: StoredPlayer) {
        for (expected, stored) in Self.paired(log.outcomes, table.outcomes, by: \.eventKey) {
            let key = expected?.eventKey ?? stored?.eventKey ?? []
            var base = drift(.outcomeDiffers, "request_outcome", log.id)
            base.event = DriftText.text(key)
            switch (expected, stored) {
            case (let outcome?, nil):
                var found = drift(.outcomeMissing, "request_outcome", log.id)
                (found.event, found.logSays) = (base.event, outcome.errorCode ?? outcome.outcome)
                list.add([found])
                repair.outcomes.append((log.id, outcome))
            case (nil, let outcome?):
                var found = drift(.outcomeExtra, "request_outcome", log.id)
                (found.event, found.tableSays) = (base.event, outcome.errorCode ?? outcome.outcome)
                list.add([found])
                repair.outcomesGone.append(PartitionRepair.Key(log.id, key))
            case (let outcome?, let stored?) where outcome != stored:
                list.add(
                    fields(
                        base,
                        [
                            ("outcome", outcome.outcome, stored.outcome),
                            ("error_code", outcome.errorCode, stored.errorCode),
                            (
                                "decided_at", DriftText.time(outcome.decidedAt),
                                DriftText.time(stored.decidedAt)
                            ),
                        ]
                    )
                )
                repair.outcomes.append((log.id, outcome))
            default: break
            }
        }
    }

    private mutating func compareGrants(_ log: ExpectedPlayer, _ table: StoredPlayer) {
        for (expected, stored) in Self.paired(log.grants, table.grants, by: \.eventKey) {
            switch (expected, stored) {
            case (let grant?, nil):
                var found = drift(.grantMissing, "reward_grant", log.id)
                (found.event, found.goal) = (DriftText.text(grant.eventKey), "\(grant.goal)")
                found.logSays = Self.summary(grant)
                list.add([found])
                repair.grants.append((log.id, grant))
            case (nil, let grant?):
                var found = drift(.grantExtra, "reward_grant", log.id)
                (found.event, found.goal) = (DriftText.text(grant.eventKey), "\(grant.goal)")
                found.tableSays = Self.summary(grant)
                if grant.isUntouched {
                    repair.grantsGone.append(PartitionRepair.Key(log.id, grant.eventKey))
                } else {
                    found.notRepairable =
                        grant.state == "delivered" ? Self.deliveredReason : Self.attemptedReason
                }
                list.add([found])
            case (let grant?, let stored?): compare(grant, stored, log.id)
            case (nil, nil): break
            }
        }
    }

    private mutating func compare(_ log: StoredGrant, _ table: StoredGrant, _ player: Identifier) {
        var base = drift(.grantDiffers, "reward_grant", player)
        (base.event, base.goal) = (DriftText.text(log.eventKey), "\(log.goal)")
        var contents = fields(
            base,
            [
                ("goal_id", "\(log.goal)", "\(table.goal)"),
                ("reward_type", log.rewardKind, table.rewardKind),
                ("reward_id", log.rewardID, table.rewardID),
                ("quantity", "\(log.quantity)", "\(table.quantity)"),
                ("claimed_at", DriftText.time(log.claimedAt), DriftText.time(table.claimedAt)),
            ]
        )
        // How often delivery was tried, and that it was given up, is the grant job's to say, not the log's.
        let isDelivered = table.state == "delivered"
        // The job marks what it has recorded at the log's end, where no fold has been yet.
        let isAhead = isDelivered && table.attempts > 0 && log.state == "pending"
        var delivery =
            isAhead
            ? []
            : fields(
                base,
                [
                    ("state", log.state, log.state == "pending" && !isDelivered ? log.state : table.state),
                    ("delivered_at", DriftText.time(log.deliveredAt), DriftText.time(table.deliveredAt)),
                ]
            )
        if !contents.isEmpty {
            if table.isUntouched {
                repair.grantsChanged.append((player, log))
            } else {
                for index in contents.indices { contents[index].notRepairable = Self.attemptedReason }
            }
        }
        if !delivery.isEmpty {
            if log.deliveredAt != nil {
                repair.grantsDelivered.append((player, log))
            } else if table.isUntouched {
                repair.grantsChanged.append((player, log))
            } else {
                for index in delivery.indices { delivery[index].notRepairable = Self.deliveredReason }
            }
        }
        list.add(contents + delivery)
    }

    private mutating func compareChange(_ log: ExpectedPlayer, _ table: StoredPlayer, _ sequence: UInt64) {
        var found = drift(.changeLost, "player_change", log.id)
        found.field = "sequence"
        if let change = table.changeSequence {
            guard change > sequence else { return }
            (found.logSays, found.tableSays) = ("at most the partition's \(sequence)", "\(change)")
        } else {
            // Of an unknown player's change nothing is asked.
            guard log.state != nil else { return }
            found.logSays = "the player changed"
        }
        list.add([found])
    }
}

// MARK: Words
extension PlayerComparison {
    /// Both sides' elements by key, in its order; both ascend by it.
    private static func paired<Element>(
        _ log: [Element],
        _ table: [Element],
        by key: KeyPath<Element, [UInt8]>
    ) -> [(Element?, Element?)] {
        var pairs: [(Element?, Element?)] = []
        var (left, right) = (0, 0)
        while left < log.count || right < table.count {
            if right == table.count {
                pairs.append((log[left], nil))
                left += 1
            } else if left == log.count {
                pairs.append((nil, table[right]))
                right += 1
            } else if log[left][keyPath: key] == table[right][keyPath: key] {
                pairs.append((log[left], table[right]))
                (left, right) = (left + 1, right + 1)
            } else if log[left][keyPath: key].lexicographicallyPrecedes(table[right][keyPath: key]) {
                pairs.append((log[left], nil))
                left += 1
            } else {
                pairs.append((nil, table[right]))
                right += 1
            }
        }
        return pairs
    }

    private static func columns(_ row: StoredProgress) -> [(String, String?)] {
        [
            ("challenge_id", "\(row.challenge)"), ("namespace", "\(row.namespace)"),
            ("progress", "\(row.progress)"), ("status", row.status), ("is_active", "\(row.isActive)"),
            ("assigned_at", DriftText.time(row.assignedAt)),
            ("completed_at", DriftText.time(row.completedAt)),
            ("claimed_at", DriftText.time(row.claimedAt)), ("expires_at", DriftText.time(row.expiresAt)),
            ("created_at", DriftText.time(row.createdAt)), ("updated_at", DriftText.time(row.updatedAt)),
            ("last_event_at", DriftText.time(row.lastEventAt)),
            ("last_counted_on", DriftText.day(row.lastCountedOn)),
        ]
    }

    private static func summary(_ row: StoredProgress) -> String {
        "\(row.status), progress \(row.progress)\(row.isActive ? "" : ", inactive")"
    }

    private static func summary(_ grant: StoredGrant) -> String {
        "\(grant.state), \(grant.quantity) \(grant.rewardKind) \(grant.rewardID)"
    }
}
