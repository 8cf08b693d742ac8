package import LMDB

/// Why the payload store could not be read or written.
package enum PayloadStoreError: Error, Equatable, CustomStringConvertible {
    /// Nothing has been published into this directory yet.
    case notPublished(directory: String)
    /// LMDB failed; its error says what to do.
    case lmdb(LMDBError)
    /// The state record is damaged or of an unknown version.
    case corruptState(directory: String)
    /// A player's record or its frame is damaged or of an unknown version; `user` is the player's id.
    case corruptAnswer(directory: String, user: [UInt8])
    /// The record of a player's outcomes is damaged or of an unknown version; `user` is the player's id.
    case corruptOutcomes(directory: String, user: [UInt8])
    /// A template's bytes are damaged.
    case corruptTemplate(directory: String, TemplateID)
    /// A template that answers need is not there.
    case lostTemplate(directory: String, TemplateID)
    /// A batch names a template that neither it nor the store has; nothing was written.
    case unknownTemplate(TemplateID)
    /// A player id has no bytes, or more than a key can have.
    case userOutOfRange(byteCount: Int)
    /// The key of a request has more bytes than `PublishedOutcome.textBytesMax`, or an errorCode more or none.
    case outcomeOutOfRange(byteCount: Int)
    /// A frame or template has more bytes than `PayloadBatch.itemBytesMax`.
    case itemTooLarge(byteCount: Int)

    package var description: String {
        switch self {
        case .notPublished(let directory):
            "nothing is published in \(directory): run `goalpost run publish`"
        case .lmdb(let error): error.description
        case .corruptState(let directory):
            "the state in \(directory) is damaged or of another version: "
                + "delete the directory and run `goalpost run publish --all`"
        case .corruptAnswer(let directory, let user):
            "the answers of player \(String(decoding: user, as: UTF8.self)) in \(directory) are damaged: "
                + "run `goalpost run publish --all`"
        case .corruptOutcomes(let directory, let user):
            "the outcomes of player \(String(decoding: user, as: UTF8.self)) in \(directory) are damaged: "
                + "run `goalpost run publish --all`"
        case .corruptTemplate(let directory, let id):
            "template \(id) in \(directory) is damaged: run `goalpost run publish --all`"
        case .lostTemplate(let directory, let id):
            "template \(id) is not in \(directory), though answers need it: run `goalpost run publish --all`"
        case .unknownTemplate(let id):
            "an answer needs template \(id), which is not stored; this is a bug"
        case .userOutOfRange(let byteCount):
            "a player id has \(byteCount) bytes, 1 to \(Environment.keyBytesMax) are possible"
        case .outcomeOutOfRange(let byteCount):
            "a request's key or errorCode has \(byteCount) bytes, 1 to \(PublishedOutcome.textBytesMax) are possible"
        case .itemTooLarge(let byteCount):
            "a frame or template has \(byteCount) bytes, at most \(PayloadBatch.itemBytesMax) are possible"
        }
    }
}

/// Runs `body` and wraps what LMDB throws.
func storing<Value>(_ body: () throws(LMDBError) -> Value) throws(PayloadStoreError) -> Value {
    do throws(LMDBError) { return try body() } catch { throw .lmdb(error) }
}
