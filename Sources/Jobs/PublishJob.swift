import BlockingLane
import EventLog
package import Goals
package import Logging
import PayloadStore
import Payloads
import Postgres
package import Settings
import Tables

/// `goalpost run publish`: the tables' players, rendered and stored for the front, each with what became of the
/// newest of their requests.
///
/// Players that changed or had a request decided since the last publish, and those whose answers a new UTC day has
/// ended; everybody when the store is new, shows another database or configuration, when time went back, or on
/// request. A partition's sequence is stored with the last batch of its players, so a killed run renders some players
/// again and misses none. A publish of everybody goes on where it was killed.
package struct PublishJob: Sendable {
    private static let lanes = 2

    private let settings: Settings
    private let access: LogAccess
    private let database: Database
    private let log: Logger
    private let now: @Sendable () -> Timestamp

    package init(
        settings: Settings,
        access: LogAccess,
        database: Database,
        log: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.database = database
        self.log = log
        self.now = now
    }

    /// Publishes answers for the UTC day of `asOf`, now unless given; `all` renders everybody.
    ///
    /// `progress` is called after each batch of players with how many partitions are done, counted once for each
    /// pass over them.
    package func run(
        asOf: Timestamp? = nil,
        all: Bool = false,
        progress: ((PublishSummary, _ partitionsDone: Int, _ partitions: Int) -> Void)? = nil
    ) async throws -> PublishSummary {
        let started = ContinuousClock.now
        let session = database.session("publish")
        let facts = try await Schema.check(session)
        let logID = try access.directory.identity().uuid
        if let bound = facts.logID, bound != logID {
            throw TablesError.logMismatch(database: bound, log: logID)
        }
        let tables = PublishTables(session: session)
        let partitions = try await tables.partitionStates(stream: Workspace.stream)
        let offset = partitions.map(\.nextOffset).min() ?? 0
        let governing = try access.governing(offset)
        let renderer = try AnswerRenderer(challenges: governing.set)
        let templates = try renderer.templates.map(AnswerLane.templateID)
        let sink = PublishedSink(
            directory: access.workspace.payloads,
            mapBytes: settings.payloadMapBytes,
            lane: BlockingLane(label: "goalpost.payloads")
        )
        var previous = try await sink.state()
        if let known = previous, known.databaseID != facts.databaseID {
            log.notice("the store shows another database: publishing everybody anew")
            try await sink.reset()
            previous = nil
        }
        var run = PublishRun(
            tables: tables,
            sink: sink,
            partitions: partitions,
            challenges: governing.set,
            lanes: try (0..<Self.lanes).map { _ in try AnswerLane(challenges: governing.set) },
            day: (asOf ?? now()).day,
            batchPlayers: settings.publishBatchPlayers,
            now: now,
            progress: progress,
            state: PublishedState(
                databaseID: facts.databaseID,
                challengesID: ContentHash.sha256Hex(governing.bytes + templates.flatMap(\.bytes)),
                day: (asOf ?? now()).day.number,
                publishedAt: now().milliseconds,
                currentTemplates: templates
            )
        )
        let renderedTemplates = zip(templates, renderer.templates).map { ($0, $1.bytes) }
        try await run.begin(after: previous, all: all, templates: renderedTemplates)
        if run.isFull { try await run.renderEverybody() } else { try await run.renderNewDay() }
        try await run.renderChanged()
        if run.summary.isFull { _ = try await sink.removeUnusedTemplates() }
        var summary = run.summary
        summary.day = run.day.text
        summary.fromOffset = previous?.leastOffset
        summary.offset = offset
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }
}
