import EventLog
import Fold
import Goals
import Payloads
import Postgres
import Replay

/// A piece with its input ready.
struct PieceWork {
    private static let lineCount = 2000
    private static let players = 200
    private static let answerPlayers = 10
    private static let changed = 50

    private let piece: Piece
    private let input: BenchInput
    private let lines: [UInt8]
    private let folds: [(fold: PartitionFold, players: Int)]
    private let renderer: AnswerRenderer?
    private let views: [PlayerView]
    private let rows: [ProgressRow]
    private let users: [[UInt8]]
    private var encoder = CopyEncoder(capacity: 1 << 20)
    /// What a round of the piece handles.
    let itemsPerRound: Int

    init(_ piece: Piece) throws {
        self.piece = piece
        input = try BenchInput(players: Self.players)
        lines = try input.lines(Self.lineCount)
        folds = piece == .fold ? Self.folds(input, lines) : []
        renderer = piece == .frame ? try AnswerRenderer(challenges: input.challenges) : nil
        let rows = (0..<Self.answerPlayers).map { [input] in input.rows(player: $0, changed: Self.changed) }
        views = rows.enumerated().map { player, rows in
            PlayerView(
                firstEventAt: BenchInput.firstEvent(player),
                rows: rows[...],
                publishDay: BenchInput.day
            )
        }
        self.rows = rows.flatMap { $0 }
        users = (0..<Self.answerPlayers).map { [input] in input.userID($0) }
        itemsPerRound =
            switch piece {
            case .scan, .route, .replay, .fold: Self.lineCount
            case .frame: Self.answerPlayers * AnswerKind.allCases.count
            case .copy: self.rows.count
            case .footer: 1000
            case .checksum: lines.count / 1024
            }
    }

    /// Does the piece's work once and returns a digest of what came of it.
    ///
    /// Never inlined: instructions are counted from its entry to its exit.
    @inline(never)
    mutating func round() throws -> UInt64 {
        switch piece {
        case .scan: try scan()
        case .route: route()
        case .replay: replay()
        case .fold: fold()
        case .frame: try frames()
        case .copy: copy()
        case .footer: try footers()
        case .checksum: UInt64(CRC32C.checksum(lines, 0..<(itemsPerRound * 1024)))
        }
    }

    private static func folds(_ input: BenchInput, _ lines: [UInt8]) -> [(PartitionFold, Int)] {
        var batch = EventBatch(challenges: input.challenges, watermarks: Array(repeating: 0, count: 16))
        batch.append(lines: lines.span, recordCount: lineCount, baseOffset: 0)
        return batch.partitions.map {
            (PartitionFold($0, challenges: input.challenges), $0.players.count)
        }
    }

    private func scan() throws -> UInt64 {
        var scanner = EventScanner(namespace: nil, checks: false)
        var (start, digest) = (0, UInt64(0))
        let bytes = lines.span
        for _ in 0..<Self.lineCount {
            let end = LineEnd.next(in: bytes, from: start) ?? bytes.count
            if case .event(let view) = try scanner.scan(bytes.extracting(start..<end), now: nil) {
                digest &+= UInt64(view.user.range.count) &+ UInt64(bitPattern: view.time?.microseconds ?? 0)
            }
            start = end + 1
        }
        return digest
    }

    private func route() -> UInt64 {
        var batch = EventBatch(challenges: input.challenges, watermarks: Array(repeating: 0, count: 16))
        batch.append(lines: lines.span, recordCount: Self.lineCount, baseOffset: 0)
        return batch.partitions.reduce(0) { $0 &* 31 &+ UInt64($1.events.count) }
    }

    private func replay() -> UInt64 {
        var decoder = ReplayDecoder(
            challenges: input.challenges,
            other: nil,
            shardCount: 1,
            choice: PlayerChoice()
        )
        decoder.append(lines: lines.span, recordCount: Self.lineCount)
        var state = ReplayState(challenges: input.challenges, keeping: .rows, catalogue: GoalCatalogue())
        for events in decoder.shards { state.apply(events) }
        return UInt64(state.rowCount)
    }

    private func fold() -> UInt64 {
        var digest: UInt64 = 0
        for (fold, players) in folds {
            let (change, counts) = fold.change(
                players: 0..<players,
                prior: PartitionPrior(playerCount: players)
            )
            digest = digest &* 31 &+ UInt64(change.newRows.count) &+ counts.effects
        }
        return digest
    }

    private func frames() throws -> UInt64 {
        guard let renderer else { return 0 }
        var digest: UInt64 = 0
        for view in views {
            for answer in try renderer.frames(view) { digest = digest &* 31 &+ UInt64(answer.frame.count) }
        }
        return digest
    }

    private mutating func copy() -> UInt64 {
        encoder.removeAll()
        for row in rows {
            let goal = input.challenges.goals[Int(row.goal)]
            encoder.row(fieldCount: 14)
            encoder.text(users[Int(row.player)])
            encoder.text(goal.id.utf8)
            encoder.text(input.challenges.challenges[goal.challenge].id.utf8)
            encoder.text([0x64, 0x65, 0x6D, 0x6F])
            encoder.int4(row.progress)
            encoder.text(row.status.text.utf8)
            encoder.bool(row.isActive)
            encoder.timestamptz(row.assignedAt?.microseconds)
            encoder.timestamptz(row.completedAt?.microseconds)
            encoder.timestamptz(row.claimedAt?.microseconds)
            encoder.timestamptz(row.createdAt.microseconds)
            encoder.timestamptz(row.updatedAt.microseconds)
            encoder.timestamptz(row.lastEventAt?.microseconds)
            encoder.date(row.lastCountedOn?.number)
        }
        return UInt64(encoder.byteCount)
    }

    private func footers() throws -> UInt64 {
        var digest: UInt64 = 0
        for number in 0..<itemsPerRound {
            let footer = CommitFooter(
                baseOffset: UInt64(number) * 1000,
                recordCount: 1000,
                rawBytes: 228_000,
                compressedBytes: 15_000,
                frameChecksum: UInt32(number),
                leastTime: Int64(number),
                greatestTime: Int64(number) + 1000,
                committedAt: Int64(number) + 2000
            )
            let bytes = footer.encoded()
            let decoded = try CommitFooter.decode(bytes, 0..<bytes.count)
            digest = digest &* 31 &+ UInt64(decoded.frameChecksum) &+ UInt64(bytes.count)
        }
        return digest
    }
}
