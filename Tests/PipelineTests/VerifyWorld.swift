import TestKit

/// A folded log of one seed whose history has a row of every kind; its last `unfolded` lines are not folded.
struct VerifyWorld {
    let pipeline: PipelineWorld
    let history: RandomHistory
    var random: SplitMix64

    init(seed: UInt64, lineCount: Int = 3000, unfolded: Int = 0) async throws {
        history = try RandomHistory(seed: seed, lineCount: lineCount)
        random = SplitMix64(seed: seed ^ 0xD21F7)
        pipeline = try await PipelineWorld(partitions: 4)
        let folded = history.lines.count - unfolded
        try pipeline.append(history, 0..<folded, &random)
        try await pipeline.fold()
        if unfolded > 0 { try pipeline.append(history, folded..<history.lines.count, &random) }
    }
}
