/// An id as the player's client, the game or the configuration wrote it: a player, goal, challenge or stat code.
///
/// Identity is the UTF-8 bytes. Swift's `String ==` merges canonically equivalent spellings (NFC and NFD of one
/// name), which PostgreSQL and every other reader of the log keep apart; so ids are compared as bytes, and
/// ordered as `COLLATE "C"` orders them.
package struct Identifier: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Most Unicode scalars an id may have; the tables' columns are `varchar(100)`.
    package static let scalarsMax = 100

    /// The id's UTF-8, not terminated.
    package let utf8: [UInt8]

    package init(utf8: [UInt8]) { self.utf8 = utf8 }
    package init(_ text: String) { utf8 = Array(text.utf8) }

    package var description: String { String(decoding: utf8, as: UTF8.self) }

    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
