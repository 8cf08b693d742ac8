import EventLog
import Fold
import Goals

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Finds one player's events in the log and folds them, one after another, with the configurations of their time.
///
/// Frames that do not hold the id's bytes are not even split into lines, so that the scan runs at the speed of
/// decompression; an id that is written with escapes is found all the same.
struct PlayerScan {
    /// One event of the player.
    struct Found {
        let offset: UInt64
        let view: EventView
        /// The event's texts, as bytes.
        let id: [UInt8]
        let statCode: [UInt8]
        let challenge: [UInt8]
        let goal: [UInt8]
        let claimEventID: [UInt8]
        let time: Timestamp
        /// What governs it.
        let challenges: ChallengeSet
        let trace: EventTrace
    }

    private let access: LogAccess
    private let player: Identifier
    private let hash: UInt64
    private let search: ByteSearch

    init(access: LogAccess, player: Identifier) {
        self.access = access
        self.player = player
        hash = PartitionHash.hash(player.utf8)
        search = ByteSearch(player.utf8)
    }

    /// Folds the player's events from `from` on and before `to` into `history`.
    ///
    /// `progress` gets the offset reached after each frame, and may throw to stop.
    func fold(
        into history: inout PlayerHistory,
        from: UInt64,
        to: UInt64,
        progress: (UInt64) throws -> Void = { _ in },
        event: (Found) throws -> Void = { _ in }
    ) throws {
        var governing: GoverningChallenges?
        var empty: EventBatch?
        var scanner = EventScanner(namespace: nil, checks: false)
        guard from < to else { return }
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: from)
        while reader.nextOffset < to, try reader.nextFrame() {
            let bytes = reader.paddedBytes
            guard mayHold(bytes.span.extracting(reader.byteRange)) else {
                try progress(reader.nextOffset)
                continue
            }
            var start = reader.byteRange.lowerBound
            let limit = reader.byteRange.upperBound
            for index in 0..<UInt64(reader.recordCount) where reader.baseOffset + index < to {
                let rest = bytes.span.extracting(start..<limit)
                let end = LineEnd.next(in: rest, from: 0) ?? rest.count
                let line = rest.extracting(0..<end)
                start = min(start + end + 1, limit)
                let offset = reader.baseOffset + index
                guard mayHold(line), let view = own(line, &scanner), let time = view.time else { continue }
                if governing.map({ offset >= $0.end }) ?? true {
                    let next = try access.governing(offset)
                    history.use(next.set)
                    governing = next
                    empty = EventBatch(challenges: next.set, watermarks: [0])
                }
                guard var batch = empty, let challenges = governing?.set else { continue }
                batch.append(record: line, offset: offset)
                guard let fold = batch.partitions[0].events.first else { continue }
                let trace = history.apply(fold, requests: batch.partitions[0].requests)
                try event(
                    Found(
                        offset: offset,
                        view: view,
                        id: scanner.bytes(view.id, in: line),
                        statCode: scanner.bytes(view.statCode, in: line),
                        challenge: scanner.bytes(view.challengeID, in: line),
                        goal: scanner.bytes(view.goalID, in: line),
                        claimEventID: scanner.bytes(view.claimEventID, in: line),
                        time: time,
                        challenges: challenges,
                        trace: trace
                    )
                )
            }
            try progress(min(reader.nextOffset, to))
        }
        guard reader.nextOffset >= to else {
            throw JobError(
                .badData,
                "the log has no record at offset \(reader.nextOffset), though it ends at \(to)"
            )
        }
    }

    /// Whether the bytes hold the id, or anything that could be the id written with escapes.
    private func mayHold(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { text in
            guard let base = text.baseAddress, !text.isEmpty else { return false }
            return search.isFound(in: text) || memchr(base, 0x5C, text.count) != nil
        }
    }

    /// The event, if it is one and the player's.
    private func own(_ line: Span<UInt8>, _ scanner: inout EventScanner) -> EventView? {
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line, now: nil) else { return nil }
            view = event
        } catch {
            return nil  // The fold counts it as unreadable; it is nobody's event.
        }
        let isOwn = scanner.with(view.user, in: line) { id in
            id.count == player.utf8.count && PartitionHash.hash(id) == hash
                && player.utf8.indices.allSatisfy { id[$0] == player.utf8[$0] }
        }
        return isOwn ? view : nil
    }
}
