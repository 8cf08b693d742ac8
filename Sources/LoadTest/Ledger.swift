/// What was acknowledged, and what an answer that names an offset of the log must therefore show.
///
/// Single events over gRPC are acknowledged without an offset. So a mark is set now and then: an event whose offset
/// is known, and when it was sent. All that was acknowledged before that lies before it in the log.
package struct Ledger {
    /// Most marks, and acknowledgements a witness, that are kept; older ones are forgotten, which only asks for less.
    private static let marksMax = 1024
    private static let acknowledgementsMax = 128

    private struct Acknowledgement {
        let time: Int64
        /// The greatest value, or the number of events, acknowledged so far.
        let progress: Int
    }

    private let isAbsolute: Bool
    private var marks: [(offset: UInt64, sentAt: Int64)] = []
    private var acknowledged: [[Acknowledgement]]
    /// The newest answer's offset that each player has seen, and when.
    private var seen: [(offset: UInt64, at: Int64)]

    package init(players: Int, witnesses: Int, isAbsolute: Bool) {
        self.isAbsolute = isAbsolute
        acknowledged = Array(repeating: [], count: witnesses)
        seen = Array(repeating: (0, -1), count: players)
    }

    /// An event with a known offset, sent at that time; marks come in the order of their offsets.
    package mutating func mark(offset: UInt64, sentAt: Int64) {
        if marks.count == Self.marksMax { marks.removeFirst(Self.marksMax / 2) }
        marks.append((offset, sentAt))
    }

    /// A witness's event was acknowledged; players who are no witnesses are not kept.
    package mutating func acknowledge(player: Int, value: Int, at time: Int64) {
        guard acknowledged.indices.contains(player) else { return }
        let last = acknowledged[player].last?.progress ?? 0
        if acknowledged[player].count == Self.acknowledgementsMax {
            acknowledged[player].removeFirst(Self.acknowledgementsMax / 2)
        }
        acknowledged[player].append(
            Acknowledgement(time: time, progress: isAbsolute ? max(last, value) : last + 1)
        )
    }

    /// The least progress that an answer with this offset may show of a witness.
    package func progressMin(player: Int, offset: UInt64) -> Int {
        guard acknowledged.indices.contains(player),
            let mark = marks.last(where: { $0.offset < offset })
        else { return 0 }
        return acknowledged[player].last { $0.time < mark.sentAt }?.progress ?? 0
    }

    /// Notes an answer's offset; false where the player had a later one before this request was sent.
    package mutating func see(player: Int, offset: UInt64, sentAt: Int64, now: Int64) -> Bool {
        let before = seen[player]
        if offset >= before.offset { seen[player] = (offset, before.offset == offset ? before.at : now) }
        return !(before.at >= 0 && before.at < sentAt && offset < before.offset)
    }
}
