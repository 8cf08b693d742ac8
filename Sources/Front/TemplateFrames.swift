package import PayloadStore
import Synchronization
package import Zstd

/// Frames that decode to their template and nothing else: the `dcz` body of a player without events.
///
/// Made once a template, in about a millisecond, and kept; a few dozen bytes each.
package final class TemplateFrames: Sendable {
    /// Frames kept at the same time; beyond that all are forgotten and made again as they are asked for.
    package static let framesMax = 12

    private let frames = Mutex<[TemplateID: [UInt8]]>([:])

    package init() {}

    /// The frame of a template it was made for before, or `nil`.
    package func known(_ id: TemplateID) -> [UInt8]? { frames.withLock { $0[id] } }

    /// Makes the frame of `template`, whose SHA-256 is `id`; it is decoded and compared before it is used.
    package func make(_ id: TemplateID, template: [UInt8]) throws(ZstdError) -> [UInt8] {
        let frame = try SequenceCompressor(template: template).compress(whole: template)
        frames.withLock { frames in
            if frames.count >= Self.framesMax { frames.removeAll() }
            frames[id] = frame
        }
        return frame
    }
}
