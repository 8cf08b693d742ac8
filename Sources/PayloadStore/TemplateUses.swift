internal import LMDB

/// How many stored frames need each template, kept exact inside one write transaction.
struct TemplateUses {
    let layout: StoreLayout
    /// Counts as they will be; nil for a template that is not stored.
    private var counts: [TemplateID: Int64?] = [:]
    private var changed: Set<TemplateID> = []

    init(layout: StoreLayout) { self.layout = layout }

    /// True when the template is stored, or added in this transaction.
    mutating func isStored(_ id: TemplateID, _ transaction: borrowing WriteBatch) throws(LMDBError) -> Bool {
        try count(id, transaction) != nil
    }

    /// Counts a template that was just stored, with no use yet.
    mutating func add(_ id: TemplateID) {
        counts[id] = .some(.some(0))
        changed.insert(id)
    }

    /// Adds `difference` to the count of a stored template; one that is not stored is left alone.
    mutating func change(
        _ id: TemplateID,
        by difference: Int64,
        _ transaction: borrowing WriteBatch
    ) throws(LMDBError) {
        guard let count = try count(id, transaction) else { return }
        counts[id] = .some(.some(max(0, count + difference)))
        changed.insert(id)
    }

    /// Writes the counts that changed.
    func store(_ transaction: borrowing WriteBatch) throws(LMDBError) {
        for id in changed {
            guard let entry = counts[id], let count = entry else { continue }
            var writer = FieldWriter()
            writer.append(count)
            try transaction.put(writer.bytes, in: layout.templateUses, under: id.bytes)
        }
    }

    /// The count in a stored value; a damaged one counts as used, so that its template stays.
    static func count(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        var reader = FieldReader(bytes)
        return reader.read(Int64.self) ?? 1
    }

    private mutating func count(
        _ id: TemplateID,
        _ transaction: borrowing WriteBatch
    ) throws(LMDBError) -> Int64? {
        if let known = counts[id] { return known }
        let stored = try transaction.view.value(in: layout.templateUses, of: id.bytes) { span in
            span.withUnsafeBytes { Self.count($0) }
        }
        counts[id] = .some(stored)
        return stored
    }
}
