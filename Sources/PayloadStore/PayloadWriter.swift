internal import LMDB

/// The one writer of a payload store; every commit is one LMDB transaction, synced before it returns.
///
/// Not `Sendable`: owned by one job. A second writer, here or in another process, is refused with
/// `LMDBError.locked`. Its calls block.
package final class PayloadWriter {
    /// The store's directory.
    package let directory: String
    private let environment: Environment
    private let layout: StoreLayout
    private let snapshot: ReadSnapshot

    /// Opens the store and makes it when it is not there; its parent directory must exist.
    ///
    /// `mapBytes` is the most the store may take, in bytes; it costs address space, not disk.
    package init(directory: String, mapBytes: Int) throws(PayloadStoreError) {
        self.directory = directory
        do throws(LMDBError) {
            environment = try Environment.openReadWrite(directory: directory, mapBytes: mapBytes)
            layout = try StoreLayout(makingIn: environment)
            snapshot = try ReadSnapshot(environment)
        } catch { throw .lmdb(error) }
    }

    /// What the store shows, nil when nothing was published yet.
    package func state() throws(PayloadStoreError) -> PublishedState? {
        let bytes = try storing { () throws(LMDBError) in
            try snapshot.read { view throws(LMDBError) in
                try view.bytes(in: layout.meta, of: StoreLayout.stateKey)
            }
        }
        guard let bytes else { return nil }
        guard let state = bytes.withUnsafeBytes({ PublishedState(decoding: $0) }) else {
            throw .corruptState(directory: directory)
        }
        return state
    }

    /// Stores the batch and the state in one transaction: readers see all of it or nothing.
    ///
    /// Throws `unknownTemplate` when the batch or the state names a template that is not stored, and
    /// `LMDBError.mapFull` when the store is full; then nothing was written.
    package func commit(_ batch: PayloadBatch, state: PublishedState) throws(PayloadStoreError) {
        let unknown = try storing { () throws(LMDBError) in
            try environment.write(keepIf: { $0 == nil }) { transaction throws(LMDBError) -> TemplateID? in
                var uses = TemplateUses(layout: layout)
                for (id, bytes) in batch.templates.sorted(by: {
                    $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
                }) {
                    // A damaged or lost one is written anew, or no publish could ever mend it.
                    let isWhole = try transaction.view.value(in: layout.templates, of: id.bytes) { span in
                        span.withUnsafeBytes { TemplateRecord.decode($0, id: id) == bytes }
                    }
                    if isWhole != true {
                        let record = TemplateRecord.encode(bytes, id: id)
                        try transaction.put(record, in: layout.templates, under: id.bytes)
                    }
                    if try !uses.isStored(id, transaction) { uses.add(id) }
                }
                for change in Self.inKeyOrder(batch.changes) {
                    if let unknown = try apply(change, transaction, &uses) { return unknown }
                }
                for id in state.currentTemplates where try !uses.isStored(id, transaction) { return id }
                try uses.store(transaction)
                try transaction.put(state.encode(), in: layout.meta, under: StoreLayout.stateKey)
                return nil
            }
        }
        if let unknown { throw .unknownTemplate(unknown) }
    }

    /// Removes templates that neither an answer nor the state needs, and says how many there were.
    package func removeUnusedTemplates() throws(PayloadStoreError) -> Int {
        let current = Set(try state()?.currentTemplates ?? [])
        return try storing { () throws(LMDBError) in
            try environment.write { transaction throws(LMDBError) -> Int in
                var unused: [TemplateID] = []
                try transaction.view.forEach(in: layout.templateUses) { key, value in
                    let id = key.withUnsafeBytes { TemplateID(Array($0)) }
                    let count = value.withUnsafeBytes { TemplateUses.count($0) }
                    if let id, count == 0, !current.contains(id) { unused.append(id) }
                    return true
                }
                for id in unused {
                    try transaction.remove(id.bytes, from: layout.templates)
                    try transaction.remove(id.bytes, from: layout.templateUses)
                }
                return unused.count
            }
        }
    }

    /// Players whose answers hold only for days before `day`, in the order of their ids, at most `limit`.
    ///
    /// Starts after `user`; nil starts at the first. The next call goes on after the last one returned.
    package func dailyDue(
        before day: Int32,
        after user: [UInt8]? = nil,
        limit: Int
    ) throws(PayloadStoreError) -> [[UInt8]] {
        guard limit > 0 else { return [] }
        return try storing { () throws(LMDBError) in
            try snapshot.read { view throws(LMDBError) in
                var due: [[UInt8]] = []
                try view.forEach(in: layout.daily, after: user) { key, value in
                    let until = value.withUnsafeBytes { bytes in
                        var reader = FieldReader(bytes)
                        return reader.read(Int32.self)
                    }
                    // An unreadable day counts as due: rendering anew mends it.
                    if (until ?? .min) < day { due.append(key.withUnsafeBytes { Array($0) }) }
                    return due.count < limit
                }
                return due
            }
        }
    }

    /// Players stored.
    package func playerCount() throws(PayloadStoreError) -> Int {
        try storing { () throws(LMDBError) in
            try snapshot.read { view throws(LMDBError) in try view.count(of: layout.answers) }
        }
    }

    /// Bytes the store takes and may take.
    package func usage() throws(PayloadStoreError) -> (usedBytes: Int, mapBytes: Int) {
        try storing { () throws(LMDBError) in try environment.usage() }
    }

    /// Empties the store in one transaction: for another database everything is published anew.
    package func reset() throws(PayloadStoreError) {
        try storing { () throws(LMDBError) in
            try environment.write { transaction throws(LMDBError) in
                for database in layout.all { try transaction.removeAll(from: database) }
            }
        }
    }

    /// Writes one change; answers the template it lacks, if any.
    private func apply(
        _ change: PayloadBatch.Change,
        _ transaction: borrowing WriteBatch,
        _ uses: inout TemplateUses
    ) throws(LMDBError) -> TemplateID? {
        // A damaged old record frees no template: it then stays too long, which harms nobody.
        let old = try transaction.view.value(in: layout.answers, of: change.user) { span in
            span.withUnsafeBytes { bytes in
                AnswerRecord(bytes, of: change.user).map { record in
                    AnswerSlot.allCases.map { record.header($0).template }
                }
            }
        }
        for id in (old ?? nil) ?? [] { try uses.change(id, by: -1, transaction) }
        if let outcomes = layout.outcomes {
            if let decided = change.outcomes {
                try transaction.put(decided, in: outcomes, under: change.user)
            } else {
                try transaction.remove(change.user, from: outcomes)
            }
        }
        guard let record = change.record else {
            try transaction.remove(change.user, from: layout.answers)
            try transaction.remove(change.user, from: layout.daily)
            return nil
        }
        for id in change.templates {
            guard try uses.isStored(id, transaction) else { return id }
            try uses.change(id, by: 1, transaction)
        }
        try transaction.put(record, in: layout.answers, under: change.user)
        if let until = change.dailyUntil {
            var writer = FieldWriter()
            writer.append(until)
            try transaction.put(writer.bytes, in: layout.daily, under: change.user)
        } else {
            try transaction.remove(change.user, from: layout.daily)
        }
        return nil
    }

    /// Sorted, so that neighbours share pages; of two changes to one player the later stays last.
    private static func inKeyOrder(_ changes: [PayloadBatch.Change]) -> [PayloadBatch.Change] {
        changes.enumerated().sorted { left, right in
            if left.element.user == right.element.user { return left.offset < right.offset }
            return left.element.user.lexicographicallyPrecedes(right.element.user)
        }.map(\.element)
    }
}
