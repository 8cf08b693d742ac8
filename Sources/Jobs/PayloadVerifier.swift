import EventLog
import Goals
import PayloadStore
import Payloads
import Postgres
import Replay
import Settings
import Tables
import Zstd

/// Compares the published answers with what the tables give, for players who did not change since they were published.
///
/// The store is read first, then the tables: a player whose last change is published by then must have the answers
/// that his rows give.
struct PayloadVerifier {
    /// Players compared at once.
    private static let playersAtOnce = 500

    private let settings: Settings
    private let access: LogAccess
    private let session: Session
    private let options: VerifyOptions

    init(settings: Settings, access: LogAccess, session: Session, options: VerifyOptions) {
        self.settings = settings
        self.access = access
        self.session = session
        self.options = options
    }

    func verify(
        _ marks: [PartitionWatermark],
        databaseID: String,
        into summary: inout VerifySummary,
        _ progress: (UInt64) -> Void
    ) async throws {
        let reader: PayloadReader
        let state: PublishedState
        do throws(PayloadStoreError) {
            reader = try PublishedStore(directory: access.workspace.payloads).makeReader()
            state = try reader.state()
        } catch {
            guard case .notPublished = error else { throw error }
            summary.payloadsSkipped = "nothing is published yet"
            return
        }
        guard state.databaseID == databaseID else {
            summary.payloadsSkipped = "the store shows another database: the next publish renders everybody"
            return
        }
        guard state.fullRun == nil, let challenges = try shown(state) else {
            summary.payloadsSkipped = "a publish of everybody is due or under way: run it, then verify again"
            return
        }
        var comparison = try Comparison(
            tables: PublishTables(session: session),
            challenges: challenges,
            state: state
        )
        var after: [UInt8]?
        repeat {
            try Task.checkCancellation()
            let found = try reader.players(after: after, limit: Self.playersAtOnce)
            after = found.players.count < Self.playersAtOnce ? nil : found.players.last?.user
            guard found.state.challengesID == state.challengesID, found.state.fullRun == nil else {
                summary.payloadsSkipped =
                    "a publish of everybody began meanwhile: verify again when it has ended"
                break
            }
            for mark in marks {
                let own = found.players.filter { player in
                    let hash = PartitionHash.hash(player.user)
                    return hash % UInt64(mark.modulus) == UInt64(mark.remainder)
                        && options.player.map { $0.utf8 == player.user }
                            ?? options.choice.contains(player.user.span, hash: hash)
                }
                try await comparison.compare(own, mark, found.state, reader)
            }
            progress(comparison.count)
        } while after != nil
        for mark in marks { try await comparison.findMissing(mark, options, reader) }
        summary.payloads = comparison.count
        summary.drift.add(comparison.list)
        if options.repairs { try await repair(comparison.marked, marks, &summary) }
    }

    /// Marks players for publish, so that it renders them again, or removes those who are gone.
    private func repair(
        _ players: [Int: Set<Identifier>],
        _ marks: [PartitionWatermark],
        _ summary: inout VerifySummary
    ) async throws {
        for mark in marks {
            guard let ids = players[mark.partition], !ids.isEmpty else { continue }
            var repair = PartitionRepair()
            repair.marked = ids
            let change = repair
            let partition = mark.partition
            let isWritten = try await TablesError.wrapping {
                try await session.transaction { transaction -> Bool in
                    let now = try ProgressScan.watermarks(stream: Workspace.stream, in: transaction)
                    guard let own = now.first(where: { $0.partition == partition }),
                        var writer = try RepairWriter(own, stream: Workspace.stream, in: transaction)
                    else { return false }
                    try writer.write(change, in: transaction)
                    try writer.finish(nextOffset: nil, in: transaction)
                    return true
                }
            }
            guard isWritten else {
                throw JobError(
                    .tryAgain,
                    "a fold came between while answers were to be marked: run verify again"
                )
            }
            summary.markedPlayers += UInt64(ids.count)
        }
    }

    /// The configuration whose answers the store holds; nil where it is none of the log's, or rendered otherwise.
    private func shown(_ state: PublishedState) throws -> ChallengeSet? {
        for offset in try access.directory.configurations.offsets().reversed() {
            let governing = try access.governing(offset)
            let templates = try AnswerRenderer(challenges: governing.set).templates.map(AnswerLane.templateID)
            let id = ContentHash.sha256Hex(governing.bytes + templates.flatMap(\.bytes))
            if id == state.challengesID { return governing.set }
        }
        return nil
    }
}

extension PayloadVerifier {
    /// What was compared, and with what.
    fileprivate struct Comparison {
        private let tables: PublishTables
        private let challenges: ChallengeSet
        private let state: PublishedState
        private let renderer: AnswerRenderer
        private let templates: [TemplateID]
        private let decompressor: DictionaryDecompressor
        private var dictionaries: [TemplateID: DecompressionDictionary] = [:]
        private(set) var list = DriftList()
        /// Players to publish again, by partition.
        private(set) var marked: [Int: Set<Identifier>] = [:]
        private(set) var count: UInt64 = 0

        init(tables: PublishTables, challenges: ChallengeSet, state: PublishedState) throws {
            self.tables = tables
            self.challenges = challenges
            self.state = state
            renderer = try AnswerRenderer(challenges: challenges)
            templates = try renderer.templates.map(AnswerLane.templateID)
            decompressor = try DictionaryDecompressor()
        }

        /// Compares published players of one partition with the tables, which are read after the store.
        mutating func compare(
            _ published: [PublishedPlayer],
            _ partition: PartitionWatermark,
            _ state: PublishedState,
            _ reader: PayloadReader
        ) async throws {
            guard !published.isEmpty else { return }
            let ids = published.map { Identifier(utf8: $0.user) }
            let rows = try await tables.players(partition: partition, ids: ids, challenges: challenges)
            // Read after the rows: who changed in between has a newer sequence, and is left to the next publish.
            let sequences = try await tables.changeSequences(partition: partition, ids: ids)
            let shown = UInt64(clamping: state.mark(of: UInt16(partition.partition))?.sequence ?? 0)
            var next = 0
            for player in published {
                let id = Identifier(utf8: player.user)
                let sequence = sequences[id] ?? 0
                guard sequence <= shown else { continue }
                guard let number = rows.players.existingIndex(of: id) else {
                    add(
                        .payloadExtra,
                        partition,
                        id,
                        nil,
                        "an answer",
                        says: "the tables do not know the player"
                    )
                    continue
                }
                count += 1
                while next < rows.rows.count, rows.rows[next].player < number { next += 1 }
                var end = next
                while end < rows.rows.count, rows.rows[end].player == number { end += 1 }
                let view = PlayerView(
                    firstEventAt: rows.states[Int(number)].firstEventAt,
                    rows: rows.rows[next..<end],
                    publishDay: UTCDay(number: max(player.day, state.day))
                )
                next = end
                for kind in try differing(player, view, reader) {
                    add(.payloadDiffers, partition, id, "\(kind)", "another answer", says: "the rows' answer")
                }
            }
        }

        /// The answers that are not those of the rows.
        private mutating func differing(
            _ player: PublishedPlayer,
            _ view: PlayerView,
            _ reader: PayloadReader
        ) throws -> [AnswerKind] {
            guard let answers = player.answers else { return AnswerKind.allCases }
            let frames = try renderer.frames(view)
            return try AnswerKind.allCases.filter { kind in
                let stored = answers[PayloadJob.slot(kind)]
                let frame = frames[Int(kind.rawValue)].frame
                // Mostly the same zstd made both; another version's frame may differ and say the same.
                if stored.template == templates[Int(kind.rawValue)], stored.frame == frame { return false }
                guard let dictionary = try dictionary(stored.template, reader) else { return true }
                let bytes: [UInt8]
                do throws(ZstdError) {
                    bytes = try decompressor.decompress(
                        stored.frame,
                        with: dictionary,
                        byteCountMax: PayloadBatch.itemBytesMax
                    )
                } catch {
                    return true
                }
                return bytes != renderer.render(kind, view)
            }
        }

        private mutating func dictionary(
            _ id: TemplateID,
            _ reader: PayloadReader
        ) throws -> DecompressionDictionary? {
            if let known = dictionaries[id] { return known }
            guard let template = try reader.template(id) else { return nil }
            let made = try DecompressionDictionary(template: template)
            dictionaries[id] = made
            return made
        }

        /// Finds players whose last change is published and who have no answers.
        mutating func findMissing(
            _ partition: PartitionWatermark,
            _ options: VerifyOptions,
            _ reader: PayloadReader
        ) async throws {
            let mark = try reader.state().mark(of: UInt16(partition.partition))
            let shown = UInt64(clamping: mark?.sequence ?? 0)
            var after: Identifier?
            repeat {
                let ids = try await tables.unchanged(
                    partition: partition,
                    since: shown,
                    afterUser: after,
                    limit: playersAtOnce
                )
                after = ids.count < playersAtOnce ? nil : ids.last
                for id in ids {
                    let isAsked =
                        options.player.map { $0 == id }
                        ?? options.choice.contains(id.utf8.span, hash: PartitionHash.hash(id.utf8))
                    guard isAsked else { continue }
                    do throws(PayloadStoreError) {
                        if try reader.withAnswer(of: id.utf8, .initialize, { _, _ in true }) != nil {
                            continue
                        }
                        add(.payloadMissing, partition, id, nil, nil, says: "the tables know the player")
                    } catch {
                        // A damaged one is there, and was found to differ.
                        guard case .corruptAnswer = error else { throw error }
                    }
                }
            } while after != nil
        }

        private mutating func add(
            _ kind: Drift.Kind,
            _ partition: PartitionWatermark,
            _ id: Identifier,
            _ field: String?,
            _ found: String?,
            says: String
        ) {
            list.add([
                Drift(
                    kind: kind,
                    partition: partition.partition,
                    table: "payloads",
                    player: "\(id)",
                    field: field,
                    logSays: says,
                    tableSays: found
                )
            ])
            marked[partition.partition, default: []].insert(id)
        }
    }
}
