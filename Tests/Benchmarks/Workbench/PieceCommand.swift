import ArgumentParser

/// Runs one piece again and again.
///
/// Who counts instructions runs it with two numbers of rounds: the difference is free of what start and
/// preparation take.
struct PieceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "piece",
        abstract: "Run one piece of work some rounds, and say how many items a round has."
    )

    @Argument(help: "The piece: \(Piece.allCases.map(\.rawValue).joined(separator: ", ")).")
    var piece: Piece

    @Option(help: "Rounds.")
    var rounds = 1

    private struct Report: Encodable {
        let piece: String
        let itemsPerRound: Int
        let rounds: Int
        let seconds: Double
        /// Of what was made, so that no work can be left out; the same in every run.
        let digest: UInt64
    }

    func run() throws {
        var work = try PieceWork(piece)
        var digest: UInt64 = 0
        let measured = Measurement()
        for _ in 0..<rounds { digest = digest &* 31 &+ (try work.round()) }
        try Measurement.print(
            Report(
                piece: piece.rawValue,
                itemsPerRound: work.itemsPerRound,
                rounds: rounds,
                seconds: measured.seconds,
                digest: digest
            )
        )
    }
}
