import Crypto
import Foundation
import Front
import Listening
import Logging
import PayloadStore
import TestKit
import Testing

/// A real payload store in a directory of its own, with frames made by the zstd command.
///
/// Keeps its writer open: in one process readers and writer share LMDB's environment, as across processes they
/// share the file.
final class TestStore {
    let directory: URL
    private var opened: PayloadWriter?
    var store: String { directory.appending(path: "payloads").path() }

    static let initializeTemplate = json(progress: 0, kind: "assignedGoals")
    static let challengesTemplate = json(progress: 0, kind: "challenges")
    static let activeTemplate = json(progress: 0, kind: "activeOnly")
    static let templates = [initializeTemplate, challengesTemplate, activeTemplate]

    private init(directory: URL) { self.directory = directory }

    /// The store's one writer.
    func writer() throws -> PayloadWriter {
        if let opened { return opened }
        let writer = try PayloadWriter(directory: store, mapBytes: 64 << 20)
        opened = writer
        return writer
    }

    /// Closes the writer, so that the store can be moved away and another made in its place.
    func close() { opened = nil }

    /// Runs `body` with an empty directory that is removed afterwards.
    static func with<Value>(_ body: (TestStore) async throws -> Value) async throws -> Value {
        let directory = FileManager.default.temporaryDirectory.appending(path: "goalpost-front-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(at: directory) } catch { Issue.record(error) } }
        return try await body(TestStore(directory: directory))
    }

    /// Publishes `players`, each with their progress and partition, as one commit.
    func publish(
        _ players: [(id: String, progress: Int, partition: UInt16)],
        offset: UInt64 = 40,
        foldedAt: Int64 = 1_000_000,
        templates: [[UInt8]] = templates,
        outcomes: [String: [PublishedOutcome]] = [:],
        answer: (_ progress: Int, _ slot: Int) throws -> [UInt8] = TestStore.answer
    ) throws {
        let writer = try writer()
        var batch = PayloadBatch()
        let ids = try templates.map(Self.id)
        for (id, bytes) in zip(ids, templates) { try batch.add(template: id, bytes: bytes) }
        for player in players {
            let answers = try (0..<3).map { slot in
                let body = try answer(player.progress, slot)
                return StoredAnswer(template: ids[slot], frame: try frame(of: body, against: templates[slot]))
            }
            try batch.put(
                user: Array(player.id.utf8),
                partition: player.partition,
                day: 20_000,
                answers: PlayerAnswers(
                    initialize: answers[0],
                    challenges: answers[1],
                    activeOnly: answers[2]
                ),
                dailyUntil: nil,
                outcomes: outcomes[player.id] ?? []
            )
        }
        let marks = (0..<UInt16(4)).map {
            PartitionMark(
                partition: $0,
                sequence: 1,
                offset: offset + UInt64($0),
                foldedAt: foldedAt + Int64($0) * 10_000
            )
        }
        try writer.commit(
            batch,
            state: PublishedState(
                databaseID: "db",
                challengesID: "c",
                day: 20_000,
                publishedAt: foldedAt + 500,
                partitions: marks,
                currentTemplates: ids
            )
        )
    }

    /// An answerer over this store; `clock` in milliseconds since 1970.
    func answerer(
        identity: PlayerIdentity = .insecureHeader,
        clock: Int64 = 1_042_000,
        laneCount: Int = 2,
        readySeconds: Int = 0
    ) -> FrontAnswerers {
        FrontAnswerers(
            configuration: configuration(identity: identity, readySeconds: readySeconds),
            laneCount: laneCount,
            shelf: TemplateShelf(),
            clock: { clock },
            logger: Self.silent
        )
    }

    /// How a front over this store is set up.
    func configuration(
        identity: PlayerIdentity = .insecureHeader,
        readySeconds: Int = 0
    ) -> FrontConfiguration {
        FrontConfiguration(
            storeDirectory: store,
            listen: ListenAddress(host: "127.0.0.1", port: 0),
            identity: identity,
            publishSeconds: 30,
            readySeconds: readySeconds,
            ingestURL: "https://ingest.example"
        )
    }

    static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func id(_ template: [UInt8]) throws -> TemplateID {
        try #require(TemplateID(Array(SHA256.hash(data: template))))
    }

    private static func answer(progress: Int, slot: Int) -> [UInt8] {
        json(progress: progress, kind: ["assignedGoals", "challenges", "activeOnly"][slot])
    }

    /// Publishes answers in the form that clients know: the golden files of the publish job, for player `p1`.
    func publishGoldenAnswers() throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/payloads")
        let names = ["initialize", "challenges", "activeOnly"]
        let golden = { (kind: String) in
            try names.map { Array(try Data(contentsOf: fixtures.appending(path: "\($0)-\(kind).json"))) }
        }
        let answers = try golden("player")
        try publish(
            [("p1", 0, 1)],
            foldedAt: Int64(Date.now.timeIntervalSince1970 * 1000) - 60_000,
            templates: try golden("template"),
            outcomes: [
                "p1": [
                    PublishedOutcome(key: Array("r1".utf8), errorCode: "GOAL_NOT_COMPLETED", decidedAt: 0),
                    PublishedOutcome(
                        key: Array("r/2".utf8),
                        errorCode: nil,
                        decidedAt: 1_762_257_600_123_456
                    ),
                ]
            ]
        ) { _, slot in answers[slot] }
    }

    /// An answer of some 20 KB that differs from its template in a few places.
    static func json(progress: Int, kind: String) -> [UInt8] {
        let goals = (0..<100).map { goal in
            let shown = goal % 10 == 3 ? progress : 0
            return
                "{\"goalId\":\"goal-\(goal)\",\"name\":\"Win \(goal * 7919 % 1000) matches\",\"progress\":\(shown)}"
        }
        return Array("{\"\(kind)\":[\(goals.joined(separator: ","))],\"total\":\(goals.count)}".utf8)
    }

    /// What `zstd -d` makes of a frame with `template` as its dictionary.
    func decode(_ frame: [UInt8], against template: [UInt8]) throws -> [UInt8] {
        try zstd(frame, template, ["-d"])
    }

    private func frame(of body: [UInt8], against template: [UInt8]) throws -> [UInt8] {
        // A file, not a pipe: only then does the command write the content size.
        try zstd(body, template, ["-3", "--no-check"])
    }

    private func zstd(_ input: [UInt8], _ template: [UInt8], _ options: [String]) throws -> [UInt8] {
        let name = UUID().uuidString
        let paths = ["in", "dictionary", "out"].map { directory.appending(path: "\(name).\($0)") }
        try Data(input).write(to: paths[0])
        try Data(template).write(to: paths[1])
        let (status, _, error) = try Command.run(
            "/usr/bin/zstd",
            options + ["-q", "-D", paths[1].path(), paths[0].path(), "-o", paths[2].path()]
        )
        try #require(status == 0, "zstd: \(error)")
        let output = Array(try Data(contentsOf: paths[2]))
        for path in paths { try FileManager.default.removeItem(at: path) }
        return output
    }
}
