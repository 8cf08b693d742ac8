/// How far a source of records, such as a file being ingested, is in the log.
///
/// Equal names are equal UTF-8 bytes: two files whose names differ only in Unicode normalisation are two
/// sources.
package struct SourcePosition: Hashable, Sendable {
    /// Longest name, in UTF-8 bytes.
    package static let nameBytesMax = 255

    /// 1 to 255 UTF-8 bytes.
    package let name: String
    /// Bytes of the source up to the end of the last record in the log.
    package let byteOffset: UInt64

    package init(name: String, byteOffset: UInt64) {
        self.name = name
        self.byteOffset = byteOffset
    }

    package static func == (left: SourcePosition, right: SourcePosition) -> Bool {
        left.byteOffset == right.byteOffset && left.name.utf8.elementsEqual(right.name.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(byteOffset)
        hasher.combine(Array(name.utf8))
    }
}

/// The newest position of each source, bounded by `LogLimits.sourcesMax`.
struct SourceTable: Equatable {
    struct Entry: Hashable {
        var byteOffset: UInt64
        /// Log offset after the commit that says so; orders sources from least to most recent.
        var recordOffset: UInt64
    }

    private(set) var entries: [[UInt8]: Entry] = [:]

    /// Notes what a commit says.
    mutating func note(_ footer: CommitFooter) {
        guard let source = footer.source else { return }
        insert(Array(source.name.utf8), Entry(byteOffset: source.byteOffset, recordOffset: footer.nextOffset))
    }

    mutating func insert(_ name: [UInt8], _ entry: Entry) {
        entries[name] = entry
        // Well over the bound before the costly part, so that it is rare.
        if entries.count >= 2 * LogLimits.sourcesMax { self = SourceTable(newest: sorted) }
    }

    /// From least to most recent, at most `LogLimits.sourcesMax`: the order of a seal.
    var sorted: [(name: [UInt8], entry: Entry)] {
        let all = entries.map { (name: $0.key, entry: $0.value) }.sorted { left, right in
            left.entry.recordOffset == right.entry.recordOffset
                ? left.name.lexicographicallyPrecedes(right.name)
                : left.entry.recordOffset < right.entry.recordOffset
        }
        return Array(all.suffix(LogLimits.sourcesMax))
    }

    init() {}

    /// The positions as they were before the record `offset`, as far as they are not overwritten since.
    func before(_ offset: UInt64) -> SourceTable {
        SourceTable(newest: sorted.filter { $0.entry.recordOffset <= offset })
    }

    private init(newest: [(name: [UInt8], entry: Entry)]) {
        entries = Dictionary(uniqueKeysWithValues: newest.map { ($0.name, $0.entry) })
    }
}
