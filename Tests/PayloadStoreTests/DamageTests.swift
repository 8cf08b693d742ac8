import Foundation
import LMDB
import PayloadStore
import TestKit
import Testing

/// Records as they lie in LMDB, cut and garbled at every byte.
@Suite struct DamageTests {
    private let scratch: TemporaryDirectory
    private let environment: Environment
    private let reader: PayloadReader
    private let user = StoreSamples.user(0)
    private var directory: String { scratch.path + "/payloads" }

    init() throws {
        scratch = try TemporaryDirectory()
        let writer = try PayloadWriter(directory: scratch.path + "/payloads", mapBytes: 64 << 20)
        var batch = PayloadBatch()
        let template = StoreSamples.template(0)
        try batch.add(template: template, bytes: StoreSamples.templateBytes(0))
        let answer = StoredAnswer(template: template, frame: Array("short".utf8))
        try batch.put(
            user: user,
            partition: 1,
            day: 2,
            answers: PlayerAnswers(initialize: answer, challenges: answer, activeOnly: answer),
            dailyUntil: nil,
            outcomes: [
                PublishedOutcome(key: Array("c2".utf8), errorCode: "GOAL_NOT_FOUND", decidedAt: 7),
                PublishedOutcome(key: Array("c1".utf8), errorCode: nil, decidedAt: 6),
            ]
        )
        var state = StoreSamples.state()
        state.fullRun = FullRunProgress(challengesID: "c0", day: 4, partition: 3, lastUser: [1, 2])
        try writer.commit(batch, state: state)
        environment = try Environment.openReadOnly(directory: scratch.path + "/payloads")
        reader = try PublishedStore(directory: scratch.path + "/payloads").makeReader()
    }

    private func record(_ database: String, _ key: [UInt8]) throws -> (Database, [UInt8]) {
        let database = try #require(try environment.database(named: database))
        let bytes = try ReadSnapshot(environment).read { view throws(LMDBError) in
            try view.bytes(in: database, of: key)
        }
        return (database, try #require(bytes))
    }

    /// Every shorter, one longer, and every once-garbled form of `bytes`.
    private func damaged(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<bytes.count).map { Array(bytes[0..<$0]) } + [bytes + [0]]
            + bytes.indices.map { at in
                var copy = bytes
                copy[at] ^= 0x10
                return copy
            }
    }

    private func store(_ bytes: [UInt8], _ database: Database, _ key: [UInt8]) throws {
        try environment.write { batch throws(LMDBError) in try batch.put(bytes, in: database, under: key) }
    }

    @Test func `a damaged answer is refused, and only its own frame when a frame is damaged`() throws {
        let (database, bytes) = try record("answers", user)
        let framesAt = bytes.count - 15
        for (number, damage) in damaged(bytes).enumerated() {
            try store(damage, database, user)
            for slot in AnswerSlot.allCases {
                let at = number - bytes.count - 1
                let isOtherFrame = at >= framesAt && (at - framesAt) / 5 != slot.rawValue
                if isOtherFrame {
                    let frame = try reader.withAnswer(of: user, slot) { _, frame in frame.byteCount }
                    #expect(frame == 5)
                } else {
                    #expect(
                        throws: PayloadStoreError.corruptAnswer(directory: directory, user: user),
                        "damage \(number) \(slot)"
                    ) { try reader.withAnswer(of: user, slot) { _, _ in } }
                }
            }
        }
    }

    @Test func `damaged outcomes are refused by name, and the answers beside them are not`() throws {
        let (database, bytes) = try record("outcomes", user)
        func outcome(_ key: String) throws -> PublishedOutcome? {
            try reader.read { view throws(PayloadStoreError) in
                try view.outcome(of: user, key: Array(key.utf8))
            }
        }
        #expect(try outcome("c1")?.decidedAt == 6)
        for (number, damage) in damaged(bytes).enumerated() {
            try store(damage, database, user)
            for key in ["c1", "c2", "c3"] {
                #expect(
                    throws: PayloadStoreError.corruptOutcomes(directory: directory, user: user),
                    "damage \(number) \(key)"
                ) { try outcome(key) }
            }
            #expect(try reader.withAnswer(of: user, .initialize) { _, frame in frame.byteCount } == 5)
        }
    }

    @Test func `a damaged state is refused`() throws {
        let (database, bytes) = try record("meta", Array("state".utf8))
        #expect(try reader.state().fullRun?.lastUser == [1, 2])
        for (number, damage) in damaged(bytes).enumerated() {
            try store(damage, database, Array("state".utf8))
            #expect(throws: PayloadStoreError.corruptState(directory: directory), "damage \(number)") {
                try reader.state()
            }
        }
    }

    @Test func `a damaged template is refused`() throws {
        let id = StoreSamples.template(0)
        let (database, bytes) = try record("templates", id.bytes)
        for (number, damage) in damaged(bytes).enumerated() {
            try store(damage, database, id.bytes)
            #expect(throws: PayloadStoreError.corruptTemplate(directory: directory, id), "damage \(number)") {
                try reader.template(id)
            }
        }
    }

    /// What is intact but lies under another's key: a page of LMDB that points elsewhere.
    @Test func `a record of another player or template is refused`() throws {
        let other = Array("player-1".utf8)
        let (answers, record) = try record("answers", user)
        try store(record, answers, other)
        #expect(throws: PayloadStoreError.corruptAnswer(directory: directory, user: other)) {
            try reader.withAnswer(of: other, .initialize) { _, _ in }
        }
        #expect(try reader.players(limit: 9).players.map { $0.answers == nil } == [false, true])
        let (outcomes, decided) = try self.record("outcomes", user)
        try store(decided, outcomes, other)
        #expect(throws: PayloadStoreError.corruptOutcomes(directory: directory, user: other)) {
            try reader.read { view throws(PayloadStoreError) in try view.outcomes(of: other) }
        }
        let (templates, template) = try self.record("templates", StoreSamples.template(0).bytes)
        let id = StoreSamples.template(1)
        try store(template, templates, id.bytes)
        #expect(throws: PayloadStoreError.corruptTemplate(directory: directory, id)) {
            try reader.template(id)
        }
    }

    /// Their checksums do not tell whose they are; they go as their players are published anew.
    @Test func `records of version 1 are still read`() throws {
        let answers = try record("answers", user).0
        try store(Self.fixture("answer-1"), answers, user)
        let (header, frame) = try #require(
            try reader.withAnswer(of: user, .challenges) { header, frame in
                (header, frame.withUnsafeBytes { Array($0) })
            }
        )
        #expect(header.template == StoreSamples.template(0) && header.partition == 1 && header.day == 2)
        #expect(frame == Array("short".utf8))
        let outcomes = try record("outcomes", user).0
        try store(Self.fixture("outcomes-1"), outcomes, user)
        let found = try reader.read { view throws(PayloadStoreError) in try view.outcomes(of: user) }
        #expect(found.map(\.decidedAt) == [7, 6] && found.map(\.errorCode) == ["GOAL_NOT_FOUND", nil])
        let id = StoreSamples.template(0)
        try store(Self.fixture("template-1"), try record("templates", id.bytes).0, id.bytes)
        #expect(try reader.template(id) == StoreSamples.templateBytes(0))
        for (name, key) in [("answer-1", user), ("outcomes-1", user), ("template-1", id.bytes)] {
            let whole = try Self.fixture(name)
            let database = ["answer-1": answers, "outcomes-1": outcomes][name]
            for damage in damaged(whole) where !damage.elementsEqual(whole) {
                guard let database else { continue }
                try store(damage, database, key)
                #expect(throws: PayloadStoreError.self) {
                    try reader.read { view throws(PayloadStoreError) in
                        _ = try view.outcomes(of: user)
                        for slot in AnswerSlot.allCases {
                            _ = try view.withAnswer(of: user, slot) { _, _ in }
                        }
                    }
                }
            }
            if let database { try store(whole, database, key) }
        }
    }

    @Test func `records are written as they always were`() throws {
        for (name, database, key) in [
            ("answer-2", "answers", user), ("outcomes-2", "outcomes", user),
            ("template-2", "templates", StoreSamples.template(0).bytes),
        ] {
            try expectGolden(try record(database, key).1, at: "records/\(name).bin")
        }
    }

    private static func fixture(_ name: String) throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return Array(try Data(contentsOf: root.appending(path: "fixtures/records/\(name).bin")))
    }

    @Test func `every error names the place and a way out`() {
        let id = StoreSamples.template(1)
        let errors: [PayloadStoreError] = [
            .notPublished(directory: "/d"), .lmdb(.absent(path: "/d")), .corruptState(directory: "/d"),
            .corruptAnswer(directory: "/d", user: [65]), .corruptOutcomes(directory: "/d", user: [65]),
            .corruptTemplate(directory: "/d", id),
        ]
        for error in errors { #expect(error.description.contains("/d")) }
        #expect(PayloadStoreError.unknownTemplate(id).description.contains(id.description))
        #expect(PayloadStoreError.userOutOfRange(byteCount: 600).description.contains("600"))
        #expect(PayloadStoreError.itemTooLarge(byteCount: 600).description.contains("600"))
        #expect(id.description.count == 64)
        #expect(id.description.hasPrefix("1f20"))
        #expect(TemplateID(id.bytes) == id)
        #expect(TemplateID([1, 2]) == nil)
    }
}
