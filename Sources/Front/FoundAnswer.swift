package import PayloadStore

/// An answer as it lies in the store: against which template, how it differs, and how fresh it is.
package struct FoundAnswer: Sendable, Equatable {
    /// The template that ``frame`` needs, or that is the answer.
    package let template: TemplateID
    /// The zstd frame; `nil` where the player is not known, so that the template is the answer.
    package let frame: [UInt8]?
    /// The answer includes the log up to this offset, exclusive.
    package let offset: UInt64
    /// When the fold that it shows was committed, in milliseconds since 1970.
    package let foldedAt: Int64

    /// Reads a player's answer out of one consistent view of the store.
    ///
    /// A player without an answer shares the fate of the partition that is furthest behind: events of theirs
    /// may lie in any. Throws `notPublished` when the state names no template yet.
    init(
        of player: [UInt8],
        _ slot: AnswerSlot,
        in view: StoreView,
        directory: String
    ) throws(PayloadStoreError) {
        let found = try view.withAnswer(of: player, slot) { header, frame in
            (header, frame.withUnsafeBytes { Array($0) })
        }
        let state = view.state
        if let (header, frame) = found {
            let mark = state.mark(of: header.partition)
            template = header.template
            self.frame = frame
            offset = mark?.offset ?? state.leastOffset
            foldedAt = mark?.foldedAt ?? Self.leastFoldedAt(state)
        } else {
            guard let current = state.template(slot) else {
                throw .notPublished(directory: directory)
            }
            template = current
            frame = nil
            offset = state.leastOffset
            foldedAt = Self.leastFoldedAt(state)
        }
    }

    private static func leastFoldedAt(_ state: PublishedState) -> Int64 {
        state.partitions.lazy.map(\.foldedAt).min() ?? state.publishedAt
    }
}
