import ArgumentParser
import Foundation
import Goals
import PayloadStore
import Payloads

/// Makes players' answers from rows, as publish does, or as it would do without differences.
struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Make three answers a player on one thread, and say how long that took.",
        discussion: """
            goalpost      from rows to frames that were decoded and compared, stored in LMDB
            zstd          ready JSON to zstd frames of level 1, nothing stored or checked
            dictionary    the same with the template as dictionary, prepared once
            """
    )

    enum Method: String, ExpressibleByArgument, CaseIterable { case goalpost, zstd, dictionary }

    /// Whether goals are assigned from the start or a player's rows are goals that he activated.
    enum Assignment: String, ExpressibleByArgument, CaseIterable { case all, none }

    /// Players committed at once, as publish does.
    private static let batchPlayers = 1000

    @Option(help: "How the answers are made.")
    var method = Method.goalpost

    @Option(help: "Goals of each player that differ from the template, 1 to 500.")
    var changed = 50

    @Option(help: "Which goals are assigned from the start: with none, the changed ones were activated.")
    var defaults = Assignment.all

    @Option(help: "Players.")
    var players = 2000

    @Option(help: "Where the store is made; it must not exist.")
    var store: String?

    private struct Report: Encodable {
        let answers: Int
        let frameBytes: Int
        let plainBytes: Int
        let fallbacks: Int
        let seconds: Double
        let processorSeconds: Double
    }

    func run() throws {
        let input = try BenchInput(players: players, areAllDefault: defaults == .all)
        let renderer = try AnswerRenderer(challenges: input.challenges)
        let views = (0..<players).map { player in
            PlayerView(
                firstEventAt: BenchInput.firstEvent(player),
                rows: input.rows(player: player, changed: changed)[...],
                publishDay: BenchInput.day
            )
        }
        let report =
            switch method {
            case .goalpost: try goalpost(input, renderer, views)
            case .zstd: try plain(renderer, views, usesDictionary: false)
            case .dictionary: try plain(renderer, views, usesDictionary: true)
            }
        try Measurement.print(report)
    }

    private func goalpost(
        _ input: BenchInput,
        _ renderer: AnswerRenderer,
        _ views: [PlayerView]
    ) throws -> Report {
        guard let store else { throw ValidationError("--store is missing: where the answers are stored") }
        let users = views.indices.map { input.userID($0) }
        let ids = renderer.templates.compactMap { TemplateID($0.sha256) }
        let writer = try PayloadWriter(directory: store, mapBytes: 8 << 30)
        let state = PublishedState(
            databaseID: "bench",
            challengesID: "bench",
            day: BenchInput.day.number,
            publishedAt: 0,
            currentTemplates: ids
        )
        let measured = Measurement()
        var batch = PayloadBatch()
        for (id, template) in zip(ids, renderer.templates) {
            try batch.add(template: id, bytes: template.bytes)
        }
        var (frameBytes, answers) = (0, 0)
        for (player, view) in views.enumerated() {
            let frames = try renderer.frames(view)
            let stored = zip(ids, frames).map { StoredAnswer(template: $0, frame: $1.frame) }
            try batch.put(
                user: users[player],
                partition: 0,
                day: BenchInput.day.number,
                answers: PlayerAnswers(initialize: stored[0], challenges: stored[1], activeOnly: stored[2]),
                dailyUntil: frames[0].dailyUntil?.number
            )
            frameBytes += frames.reduce(0) { $0 + $1.frame.count }
            answers += frames.count
            if batch.isFull || batch.playerCount == Self.batchPlayers {
                try writer.commit(batch, state: state)
                batch = PayloadBatch()
            }
        }
        try writer.commit(batch, state: state)
        let (seconds, busy) = (measured.seconds, measured.processorSeconds)
        return Report(
            answers: answers,
            frameBytes: frameBytes,
            plainBytes: 0,
            fallbacks: renderer.fallbackCount,
            seconds: seconds,
            processorSeconds: busy
        )
    }

    private func plain(
        _ renderer: AnswerRenderer,
        _ views: [PlayerView],
        usesDictionary: Bool
    ) throws -> Report {
        let peers = try renderer.templates.map { template in
            try PlainCompressor(dictionary: usesDictionary ? template.bytes : nil)
        }
        var (seconds, busy) = (0.0, 0.0)
        var (frameBytes, plainBytes, answers) = (0, 0, 0)
        // The JSON of all players would not fit into memory: so some players at a time, made while no clock runs.
        for start in stride(from: 0, to: views.count, by: 50) {
            let texts = views[start..<min(start + 50, views.count)].map { view in
                AnswerKind.allCases.map { renderer.render($0, view) }
            }
            let measured = Measurement()
            for player in texts {
                for (kind, text) in player.enumerated() {
                    frameBytes += try peers[kind].compressedByteCount(text)
                    plainBytes += text.count
                    answers += 1
                }
            }
            seconds += measured.seconds
            busy += measured.processorSeconds
        }
        return Report(
            answers: answers,
            frameBytes: frameBytes,
            plainBytes: plainBytes,
            fallbacks: 0,
            seconds: seconds,
            processorSeconds: busy
        )
    }
}
