import Goals
import PayloadStore
import Payloads
import Tables

/// Renders players' answers; one a core, each with scratch of its own.
actor AnswerLane {
    /// A player's three answers, ready to be stored.
    struct Rendered: Sendable {
        let user: [UInt8]
        let answers: PlayerAnswers
        /// Last UTC day they hold for, nil when no day ends them.
        let dailyUntil: Int32?
        let frameBytes: Int
    }

    private let renderer: AnswerRenderer
    private let templates: [TemplateID]

    init(challenges: ChallengeSet) throws {
        renderer = try AnswerRenderer(challenges: challenges)
        templates = try renderer.templates.map(Self.templateID)
    }

    static func templateID(_ template: Template) throws(JobError) -> TemplateID {
        guard let id = TemplateID(template.sha256) else {
            throw JobError(.software, "a template's SHA-256 is not 32 bytes long")
        }
        return id
    }

    /// Renders the players whose numbers are in `range`.
    func render(_ batch: PlayerBatch, _ range: Range<Int>, day: UTCDay) throws -> [Rendered] {
        var rendered: [Rendered] = []
        rendered.reserveCapacity(range.count)
        var next = Self.firstRow(batch.rows, of: UInt32(range.lowerBound))
        for player in range {
            let start = next
            while next < batch.rows.count, batch.rows[next].player == UInt32(player) { next += 1 }
            let view = PlayerView(
                firstEventAt: batch.states[player].firstEventAt,
                rows: batch.rows[start..<next],
                publishDay: day
            )
            let frames = try renderer.frames(view)
            let stored = zip(templates, frames).map { StoredAnswer(template: $0, frame: $1.frame) }
            rendered.append(
                Rendered(
                    user: Array(batch.players.idBytes(UInt32(player))),
                    answers: PlayerAnswers(
                        initialize: stored[Int(AnswerKind.initialize.rawValue)],
                        challenges: stored[Int(AnswerKind.challenges.rawValue)],
                        activeOnly: stored[Int(AnswerKind.activeOnly.rawValue)]
                    ),
                    dailyUntil: frames.lazy.compactMap(\.dailyUntil).min()?.number,
                    frameBytes: frames.reduce(0) { $0 + $1.frame.count }
                )
            )
        }
        return rendered
    }

    /// The first row of a player or a later one; rows ascend by player.
    private static func firstRow(_ rows: [ProgressRow], of player: UInt32) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].player < player { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
