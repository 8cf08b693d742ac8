import PayloadStore
package import Payloads
import Zstd

/// `goalpost payload PLAYER`: the answer a client would get, from the published store.
package struct PayloadJob {
    private let access: LogAccess

    package init(access: LogAccess) { self.access = access }

    package struct Answer {
        package let bytes: [UInt8]
        /// False for a player without answers of his own: the template.
        package let isKnown: Bool
        /// First log offset the answer does not include yet.
        package let offset: UInt64
    }

    package func run(player: String, kind: AnswerKind) throws -> Answer {
        let reader = try PublishedStore(directory: access.workspace.payloads).makeReader()
        let slot = Self.slot(kind)
        let found = try reader.read { view throws(PayloadStoreError) in
            let own = try view.withAnswer(of: Array(player.utf8), slot) { header, frame in
                (header, frame.withUnsafeBytes { Array($0) })
            }
            let id = own?.0.template ?? view.state.template(slot)
            let template = if let id { try view.template(id) } else { nil as [UInt8]? }
            let offset =
                own.map { view.state.mark(of: $0.0.partition)?.offset ?? 0 } ?? view.state.leastOffset
            return (frame: own?.1, template: template, offset: offset)
        }
        guard let template = found.template else {
            throw JobError(.badData, "the payload store lacks a template: run `goalpost run publish --all`")
        }
        guard let frame = found.frame else {
            return Answer(bytes: template, isKnown: false, offset: found.offset)
        }
        let bytes = try DictionaryDecompressor().decompress(
            frame,
            with: try DecompressionDictionary(template: template),
            byteCountMax: PayloadBatch.itemBytesMax
        )
        return Answer(bytes: bytes, isKnown: true, offset: found.offset)
    }

    static func slot(_ kind: AnswerKind) -> AnswerSlot {
        switch kind {
        case .initialize: .initialize
        case .challenges: .challenges
        case .activeOnly: .activeOnly
        }
    }
}
