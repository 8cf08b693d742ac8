internal import LMDB

/// One answer as it is stored: a zstd frame and the template that decodes it.
package struct StoredAnswer: Hashable, Sendable {
    package let template: TemplateID
    package let frame: [UInt8]

    package init(template: TemplateID, frame: [UInt8]) {
        self.template = template
        self.frame = frame
    }
}

/// A player's three answers.
package struct PlayerAnswers: Hashable, Sendable {
    package let initialize: StoredAnswer
    package let challenges: StoredAnswer
    package let activeOnly: StoredAnswer

    package init(initialize: StoredAnswer, challenges: StoredAnswer, activeOnly: StoredAnswer) {
        self.initialize = initialize
        self.challenges = challenges
        self.activeOnly = activeOnly
    }

    package subscript(slot: AnswerSlot) -> StoredAnswer {
        switch slot {
        case .initialize: initialize
        case .challenges: challenges
        case .activeOnly: activeOnly
        }
    }
}

/// Changes gathered for one `PayloadWriter.commit`; a value, so that it can be made on any task.
package struct PayloadBatch: Sendable {
    /// Most bytes of one frame or template: 256 MiB.
    package static let itemBytesMax = 256 << 20

    struct Change: Sendable {
        let user: [UInt8]
        /// Nil removes the player.
        let record: [UInt8]?
        /// Nil where the player has no outcomes.
        let outcomes: [UInt8]?
        let dailyUntil: Int32?
        let templates: [TemplateID]
    }

    /// Bytes after which the batch should be committed; it may exceed them by one player.
    package let bytesMax: Int
    /// Bytes gathered: ids, records and templates.
    package private(set) var byteCount = 0
    private(set) var changes: [Change] = []
    private(set) var templates: [TemplateID: [UInt8]] = [:]

    /// `bytesMax` bounds the memory of a batch and of its transaction.
    package init(bytesMax: Int = 32 << 20) { self.bytesMax = bytesMax }

    package var playerCount: Int { changes.count }
    package var isEmpty: Bool { changes.isEmpty && templates.isEmpty }
    package var isFull: Bool { byteCount >= bytesMax }

    /// Stores a player's answers and outcomes, in place of older ones in the batch and in the store.
    ///
    /// `day` is the UTC day they were rendered for; `dailyUntil` the last day they hold for, nil when no day
    /// ends them. Of `outcomes`, the newest first, `PublishedOutcome.countMax` are kept. Throws `userOutOfRange`,
    /// `outcomeOutOfRange` or `itemTooLarge`.
    package mutating func put(
        user: [UInt8],
        partition: UInt16,
        day: Int32,
        answers: PlayerAnswers,
        dailyUntil: Int32?,
        outcomes: [PublishedOutcome] = []
    ) throws(PayloadStoreError) {
        try check(user)
        let list = AnswerSlot.allCases.map { answers[$0] }
        for answer in list { try check(byteCount: answer.frame.count) }
        let record = AnswerRecord.encode(user: user, partition: partition, day: day, answers: list)
        let decided = outcomes.isEmpty ? nil : try OutcomeRecord.encode(outcomes, of: user)
        byteCount += user.count + record.count + (decided?.count ?? 0)
        changes.append(
            Change(
                user: user,
                record: record,
                outcomes: decided,
                dailyUntil: dailyUntil,
                templates: list.map(\.template)
            )
        )
    }

    /// Removes a player with all outcomes: readers answer with the template again.
    package mutating func remove(user: [UInt8]) throws(PayloadStoreError) {
        try check(user)
        byteCount += user.count
        changes.append(Change(user: user, record: nil, outcomes: nil, dailyUntil: nil, templates: []))
    }

    /// Stores a template that answers of this or a later batch need; storing one again changes nothing.
    ///
    /// `id` must be the SHA-256 of `bytes`.
    package mutating func add(template id: TemplateID, bytes: [UInt8]) throws(PayloadStoreError) {
        try check(byteCount: bytes.count)
        byteCount += bytes.count
        templates[id] = bytes
    }

    private func check(_ user: [UInt8]) throws(PayloadStoreError) {
        guard !user.isEmpty, user.count <= Environment.keyBytesMax else {
            throw .userOutOfRange(byteCount: user.count)
        }
    }

    private func check(byteCount: Int) throws(PayloadStoreError) {
        guard byteCount <= Self.itemBytesMax else { throw .itemTooLarge(byteCount: byteCount) }
    }
}
