import Disk
import EventLog
package import Goals
package import Logging
import Postgres
package import Settings
import Tables
import Webhook

/// `goalpost run grant`: rewards that claims earned, delivered to a webhook at least once, under a stable key.
///
/// For each reward in this order: delivered; recorded in the log as `rewardDelivered`, durably; marked in the tables.
/// Killed before the record, it is delivered again under the same key; killed after it, the next run reads the
/// record from the log and sends nothing. What fails is tried again by later runs: none waits for a time to come.
/// Only one run works on a database at a time; another ends with `tryAgain`.
package struct GrantJob: Sendable {
    /// Held by the running job.
    package static let advisoryLockKey: Int64 = 0x676F_616C_6772_616E
    /// Rewards leased at once, for each request that may be on its way.
    private static let leasesPerRequest = 4
    /// How long a lease outlasts the deliveries it is for.
    private static let leaseMarginSeconds: Int64 = 60
    /// The wait after the first failure; it doubles with each further one, up to `waitSecondsMax`.
    private static let firstWaitMicroseconds: Int64 = 500_000
    private static let waitSecondsMax: Int64 = 3600

    private let settings: Settings
    private let access: LogAccess
    private let log: Logger
    private let deliveries: any DeliveryLog
    private let now: @Sendable () -> Timestamp

    /// `deliveries` nil writes them as the log's own writer, or by the server that is it.
    package init(
        settings: Settings,
        access: LogAccess,
        log: Logger,
        deliveries: (any DeliveryLog)? = nil,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.log = log
        self.deliveries =
            deliveries
            ?? ServerDeliveryLog(
                access: access,
                writer: WriterDeliveryLog { try access.openWriter(settings, now: now) }
            )
        self.now = now
    }

    /// Delivers what is due; `confirmRebuilt` says that the tables may be believed after a restore or rebuild.
    ///
    /// `database` is asked for where a webhook is set.
    package func run(
        confirmRebuilt: Bool = false,
        database: () async throws -> Database,
        progress: ((GrantSummary) -> Void)? = nil
    ) async throws -> GrantSummary {
        let started = ContinuousClock.now
        var summary = GrantSummary()
        guard let url = settings.grantURL else {
            summary.isConfigured = false
            return summary
        }
        let namespace = try settings.requiredNamespace()
        let client = try WebhookClient(
            url: url,
            token: try token(),
            timeoutSeconds: settings.grantTimeoutSeconds,
            connectionsMax: settings.grantConcurrency
        )
        do {
            let session = try await database().session("grant-control")
            do {
                summary = try await work(session, client, namespace, confirmRebuilt, progress)
            } catch {
                await end(session)
                throw error
            }
            await end(session)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }

    /// Lets the next run begin: the log's writer first, then the lock, at once.
    ///
    /// A server frees the lock of a closed connection in its own time.
    private func end(_ session: Session) async {
        await deliveries.close()
        do {
            _ = try await session.transaction {
                try $0.execute("SELECT pg_advisory_unlock($1)", [.int8(Self.advisoryLockKey)])
            }
        } catch {
            // The connection is gone, and with it the lock.
        }
        await session.close()
    }

    private func work(
        _ session: Session,
        _ client: WebhookClient,
        _ namespace: Identifier,
        _ confirmRebuilt: Bool,
        _ progress: ((GrantSummary) -> Void)?
    ) async throws -> GrantSummary {
        var summary = GrantSummary()
        let tables = GrantTables(session: session)
        try await begin(session, tables, confirmRebuilt)
        let marks = try await PublishTables(session: session).partitionStates(stream: Workspace.stream)
        let known = try await DeliveryScan(access: access).unfolded(marks)
        summary.recalled = UInt64(try await tables.markDelivered(known))
        try await deliver(tables, client, namespace, &summary, progress)
        (summary.pending, summary.deadInAll) = try await tables.undelivered()
        return summary
    }

    private func token() throws -> String? {
        guard let path = settings.grantTokenFile else { return nil }
        let bytes = try access.volume.readFile(path, bytesMax: 2 * WebhookClient.tokenBytesMax)
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    // MARK: Before

    /// Makes sure that this run may send: the right tables, nobody else at it, and no restore unconfirmed.
    private func begin(_ session: Session, _ tables: GrantTables, _ confirmRebuilt: Bool) async throws {
        let facts = try await Schema.check(session)
        let logID = try access.directory.identity().uuid
        if let bound = facts.logID, bound != logID {
            throw TablesError.logMismatch(database: bound, log: logID)
        }
        guard try await session.tryAdvisoryLock(key: Self.advisoryLockKey) else {
            throw JobError(
                .tryAgain,
                "another grant is running on this database: let it end, or run again later",
                isOverlap: true
            )
        }
        let files = JobFiles(access)
        let path = files.directory + "/granted.json"
        let marker = try files.read(GrantMarker.self, path)
        let isRebuilt = marker.map { $0.database != facts.databaseID } ?? false
        if confirmRebuilt {
            try await tables.release()
        } else if try await tables.isHeld() {
            throw Self.held("the tables were restored from a backup")
        } else if isRebuilt {
            throw Self.held("the tables were made anew since rewards were last sent")
        }
        if marker?.database != facts.databaseID {
            try files.make()
            try files.write(GrantMarker(database: facts.databaseID), path)
        }
    }

    /// Which database rewards were last sent from.
    private struct GrantMarker: Codable {
        let database: String
    }

    private static func held(_ why: String) -> JobError {
        JobError(
            .configuration,
            "no reward is sent: \(why). Fold to the log's end, see with `goalpost grants ls` what would be sent, "
                + "then run `goalpost run grant --confirm-rebuilt` once"
        )
    }

    // MARK: Work

    private func deliver(
        _ tables: GrantTables,
        _ client: WebhookClient,
        _ namespace: Identifier,
        _ summary: inout GrantSummary,
        _ progress: ((GrantSummary) -> Void)?
    ) async throws {
        let limit = settings.grantConcurrency * Self.leasesPerRequest
        let leaseSeconds =
            Int64(settings.grantTimeoutSeconds * 2 * Self.leasesPerRequest) + Self.leaseMarginSeconds
        var isOpen = false
        while try await tables.hasDue(now: now()) {
            try Task.checkCancellation()
            if !isOpen {
                // Nothing is sent that could not be recorded.
                try await deliveries.open()
                isOpen = true
            }
            let rows = try await tables.lease(
                limit: limit,
                now: now(),
                until: now().adding(seconds: leaseSeconds)
            )
            if rows.isEmpty { break }
            let messages = rows.map { RewardMessage(row: $0, namespace: namespace) }
            let answers = try await post(messages, client)
            let outcomes = zip(rows, answers).map { ($0, outcome($0, $1)) }
            var delivered: [DeliveredReward] = []
            for (message, (_, outcome)) in zip(messages, outcomes) {
                if case .delivered(let time) = outcome { delivered.append(try message.delivered(at: time)) }
            }
            try await deliveries.append(delivered)
            try await tables.settle(outcomes)
            summary.add(outcomes.map(\.1))
            progress?(summary)
            try Task.checkCancellation()
            // A webhook that takes nothing, or does not know us, would only use up the other rewards' attempts.
            let isStopped = answers.contains { answer in
                if case .refused(_, isCredentials: true)? = answer?.answer { true } else { false }
            }
            if isStopped || delivered.isEmpty {
                log.warning(
                    "the webhook takes nothing: the other rewards wait for the next run",
                    metadata: ["reason": "\(summary.lastError ?? "unknown")"]
                )
                break
            }
        }
    }

    private struct Answer: Sendable {
        let answer: WebhookAnswer
        let time: Timestamp
    }

    /// Posts all, a bounded number at once; nil where the run was told to stop before an answer came.
    private func post(_ messages: [RewardMessage], _ client: WebhookClient) async throws -> [Answer?] {
        let requests = try messages.map { (body: try $0.body(), key: $0.key) }
        let queue = PartitionQueue(Array(requests.indices))
        let now = now
        return await withTaskGroup(of: [(Int, Answer)].self) { group in
            for _ in 0..<min(settings.grantConcurrency, requests.count) {
                group.addTask {
                    var answered: [(Int, Answer)] = []
                    while !Task.isCancelled, let index = queue.next() {
                        do throws(CancellationError) {
                            let (body, key) = requests[index]
                            let answer = try await client.post(body, key: key)
                            answered.append((index, Answer(answer: answer, time: now())))
                        } catch {
                            // Whether it arrived is unknown: it is sent again, under the same key.
                            break
                        }
                    }
                    return answered
                }
            }
            var answers = [Answer?](repeating: nil, count: requests.count)
            for await answered in group {
                for (index, answer) in answered { answers[index] = answer }
            }
            return answers
        }
    }

    private func outcome(_ row: RewardGrantRow, _ answer: Answer?) -> GrantTables.Outcome {
        switch answer?.answer {
        case nil: return .released
        case .accepted?: return .delivered(at: answer?.time ?? now())
        case .refused(let reason, _)?: return .dead(reason: reason)
        case .postponed(let reason)?:
            guard row.attempts < Int32(settings.grantAttemptsMax) else {
                return .dead(reason: "\(reason) (attempt \(row.attempts))")
            }
            let shift = min(Int64(row.attempts) - 1, 20)
            let wait = min(
                Self.firstWaitMicroseconds << max(0, shift),
                Self.waitSecondsMax * Timestamp.microsecondsPerSecond
            )
            return .postponed(
                until: Timestamp(microseconds: now().microseconds + wait),
                reason: reason
            )
        }
    }
}

extension GrantSummary {
    fileprivate mutating func add(_ outcomes: [GrantTables.Outcome]) {
        for outcome in outcomes {
            switch outcome {
            case .delivered: delivered += 1
            case .postponed(_, let reason): (postponed, lastError) = (postponed + 1, reason)
            case .dead(let reason): (dead, lastError) = (dead + 1, reason)
            case .released: break
            }
        }
    }
}
