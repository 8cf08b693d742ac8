import Foundation
import PayloadStore
import StatusPages
import StatusReport

extension FrontAnswerer {
    private static let kinds = ["initialize", "challenges", "challenges?active_only=true"]

    /// The store for the status page; nil where there is none to read.
    func storeView() -> ShownStore? {
        guard let (figures, state) = storeFigures() else { return nil }
        let folded = state.partitions.map(\.foldedAt).filter { $0 > 0 }.min()
        return ShownStore(
            day: String(StatusJSON.text(StatusSource.date(Int64(state.day) * 86_400_000)).prefix(10)),
            publishedAt: StatusSource.date(state.publishedAt),
            offset: UInt64(max(0, state.leastOffset)),
            foldedAt: folded.map(StatusSource.date),
            players: figures.players,
            usedBytes: figures.usedBytes,
            mapBytes: figures.mapBytes,
            readerSlots: figures.readerSlots,
            isFullPublishPending: state.fullRun != nil,
            templates: zip(Self.kinds, state.currentTemplates).map { kind, id in
                ShownStore.Template(kind: kind, id: id.hex, bytes: templateBytes(id))
            }
        )
    }
}
