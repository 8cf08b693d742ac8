internal import LMDB

/// Reads published answers; about a microsecond a call, waits for nobody.
///
/// Owned by one thread, event loop or actor at a time (not `Sendable`).
package final class PayloadReader {
    /// The store it reads.
    package let store: PublishedStore
    private let snapshot: ReadSnapshot
    /// The state of the newest commit looked at: it changes once a publish, not once a request.
    private var known: (transaction: UInt64, state: PublishedState)?

    init(_ store: PublishedStore) throws(PayloadStoreError) {
        self.store = store
        let environment = store.environment
        snapshot = try storing { () throws(LMDBError) in try ReadSnapshot(environment) }
    }

    /// Runs `body` on one consistent state: all that it reads belongs to the same commit.
    ///
    /// Keep it short: pages that a publish frees meanwhile cannot be reused. Throws `notPublished` while the
    /// store has no state. Not reentrant.
    package func read<Value>(
        _ body: (StoreView) throws(PayloadStoreError) -> Value
    ) throws(PayloadStoreError) -> Value {
        try storing { () throws(LMDBError) in try snapshot.begin() }
        defer { snapshot.end() }
        return try body(StoreView(reader: self, state: try currentState()))
    }

    /// The same for a body without a result: not generic, so that a call across rooms costs nothing of its own.
    package func look(
        _ body: (StoreView) throws(PayloadStoreError) -> Void
    ) throws(PayloadStoreError) {
        do throws(LMDBError) { try snapshot.begin() } catch { throw .lmdb(error) }
        defer { snapshot.end() }
        try body(StoreView(reader: self, state: try currentState()))
    }

    /// What the store shows now.
    package func state() throws(PayloadStoreError) -> PublishedState {
        try read { view throws(PayloadStoreError) in view.state }
    }

    /// Lends a player's answer to `body`; nil when the player has none.
    package func withAnswer<Value>(
        of user: [UInt8],
        _ slot: AnswerSlot,
        _ body: (AnswerHeader, RawSpan) -> Value
    ) throws(PayloadStoreError) -> Value? {
        try read { view throws(PayloadStoreError) in try view.withAnswer(of: user, slot, body) }
    }

    /// Some players in the order of their ids with all their answers, and the state that these belong to.
    ///
    /// Starts after `user`, nil at the first; at most `limit`, 1 or more.
    package func players(
        after user: [UInt8]? = nil,
        limit: Int
    ) throws(PayloadStoreError) -> (state: PublishedState, players: [PublishedPlayer]) {
        try read { view throws(PayloadStoreError) in
            let players = try storing { () throws(LMDBError) in
                try snapshot.withView { view throws(LMDBError) in
                    var players: [PublishedPlayer] = []
                    try view.forEach(in: store.layout.answers, after: user) { key, value in
                        let id = key.withUnsafeBytes { Array($0) }
                        players.append(value.withUnsafeBytes { PublishedPlayer(id, decoding: $0) })
                        return players.count < limit
                    }
                    return players
                }
            }
            return (view.state, players)
        }
    }

    /// A template's bytes, nil when it is not stored (any more).
    package func template(_ id: TemplateID) throws(PayloadStoreError) -> [UInt8]? {
        try read { view throws(PayloadStoreError) in try view.template(id) }
    }

    fileprivate func answer<Value>(
        of user: [UInt8],
        _ slot: AnswerSlot,
        _ body: (AnswerHeader, RawSpan) -> Value
    ) throws(PayloadStoreError) -> Value? {
        var value: Value?
        try lend(of: user, slot) { value = body($0, $1) }
        return value
    }

    /// Not generic, as the calls below it.
    fileprivate func lend(
        of user: [UInt8],
        _ slot: AnswerSlot,
        _ body: (AnswerHeader, RawSpan) -> Void
    ) throws(PayloadStoreError) {
        var isDamaged = false
        do throws(LMDBError) {
            try snapshot.lend(in: store.layout.answers, of: user) { span in
                let located = span.withUnsafeBytes { bytes -> (AnswerHeader, Range<Int>)? in
                    guard let record = AnswerRecord(bytes, of: user), let frame = record.frame(slot) else {
                        return nil
                    }
                    return (record.header(slot), frame)
                }
                guard let (header, frame) = located else {
                    isDamaged = true
                    return
                }
                body(header, span.extracting(frame))
            }
        } catch { throw .lmdb(error) }
        if isDamaged { throw .corruptAnswer(directory: store.directory, user: user) }
    }

    /// The outcomes of a player, or the one of `key` alone; empty where there are none.
    fileprivate func storedOutcomes(
        of user: [UInt8],
        only key: [UInt8]? = nil
    ) throws(PayloadStoreError) -> [PublishedOutcome] {
        guard let database = store.layout.outcomes else { return [] }
        let found = try storing { () throws(LMDBError) in
            try snapshot.withView { view throws(LMDBError) in
                try view.value(in: database, of: user) { span in
                    span.withUnsafeBytes { OutcomeRecord.decode($0, of: user, only: key) }
                }
            }
        }
        guard let found else { return [] }
        guard let outcomes = found else { throw .corruptOutcomes(directory: store.directory, user: user) }
        return outcomes
    }

    fileprivate func storedTemplate(_ id: TemplateID) throws(PayloadStoreError) -> [UInt8]? {
        let found = try storing { () throws(LMDBError) in
            try snapshot.withView { view throws(LMDBError) in
                try view.value(in: store.layout.templates, of: id.bytes) { span in
                    span.withUnsafeBytes { TemplateRecord.decode($0, id: id) }
                }
            }
        }
        guard let found else { return nil }
        guard let template = found else { throw .corruptTemplate(directory: store.directory, id) }
        return template
    }

    private func currentState() throws(PayloadStoreError) -> PublishedState {
        let transaction: UInt64
        do throws(LMDBError) { transaction = try snapshot.transactionNumber() } catch { throw .lmdb(error) }
        if let known, known.transaction == transaction { return known.state }
        let found = try storing { () throws(LMDBError) in
            try snapshot.withView { view throws(LMDBError) in
                try view.value(in: store.layout.meta, of: StoreLayout.stateKey) { span in
                    span.withUnsafeBytes { PublishedState(decoding: $0) }
                }
            }
        }
        guard let found else { throw .notPublished(directory: store.directory) }
        guard let state = found else { throw .corruptState(directory: store.directory) }
        known = (transaction, state)
        return state
    }
}

/// One consistent state of the store; works only inside the `PayloadReader.read` that lends it.
package struct StoreView {
    fileprivate let reader: PayloadReader
    /// What the store shows in this state.
    package let state: PublishedState

    /// Lends a player's answer to `body`; nil when the player has none.
    ///
    /// Throws `corruptAnswer` when the record or the frame is damaged.
    package func withAnswer<Value>(
        of user: [UInt8],
        _ slot: AnswerSlot,
        _ body: (AnswerHeader, RawSpan) -> Value
    ) throws(PayloadStoreError) -> Value? {
        try reader.answer(of: user, slot, body)
    }

    /// The same for a body without a result; it is not called when the player has no answer.
    package func lendAnswer(
        of user: [UInt8],
        _ slot: AnswerSlot,
        _ body: (AnswerHeader, RawSpan) -> Void
    ) throws(PayloadStoreError) {
        try reader.lend(of: user, slot, body)
    }

    /// What became of the request that a player's tables know as `key`; nil where none is published.
    ///
    /// Throws `corruptOutcomes` when the record is damaged.
    package func outcome(
        of user: [UInt8],
        key: [UInt8]
    ) throws(PayloadStoreError) -> PublishedOutcome? {
        try reader.storedOutcomes(of: user, only: key).first
    }

    /// All outcomes that are published of a player, the newest first.
    package func outcomes(of user: [UInt8]) throws(PayloadStoreError) -> [PublishedOutcome] {
        try reader.storedOutcomes(of: user)
    }

    /// A template's bytes, nil when it is not stored.
    package func template(_ id: TemplateID) throws(PayloadStoreError) -> [UInt8]? {
        try reader.storedTemplate(id)
    }
}
