package import Foundation

/// What a front itself sees of the published store.
package struct ShownStore: Codable, Sendable, Equatable {
    /// A kind of answer and its template.
    package struct Template: Codable, Sendable, Equatable {
        package var kind: String
        /// Hex SHA-256, as in its URL.
        package var id: String
        package var bytes: Int

        package init(kind: String, id: String, bytes: Int) {
            self.kind = kind
            self.id = id
            self.bytes = bytes
        }
    }

    /// UTC day that the answers are for, such as `2026-02-03`.
    package var day: String
    package var publishedAt: Date
    /// Least offset that all answers include.
    package var offset: UInt64
    /// The oldest fold that an answer shows; absent before the first.
    package var foldedAt: Date?
    package var players: Int
    package var usedBytes: Int
    package var mapBytes: Int
    package var readerSlots: Int
    package var isFullPublishPending: Bool
    package var templates: [Template]

    package init(
        day: String,
        publishedAt: Date,
        offset: UInt64,
        foldedAt: Date?,
        players: Int,
        usedBytes: Int,
        mapBytes: Int,
        readerSlots: Int,
        isFullPublishPending: Bool,
        templates: [Template]
    ) {
        self.day = day
        self.publishedAt = publishedAt
        self.offset = offset
        self.foldedAt = foldedAt
        self.players = players
        self.usedBytes = usedBytes
        self.mapBytes = mapBytes
        self.readerSlots = readerSlots
        self.isFullPublishPending = isFullPublishPending
        self.templates = templates
    }
}
