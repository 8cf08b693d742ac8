import Foundation
import LMDB
import PayloadStore
import TestKit
import Testing

/// What became of players' requests, beside their answers.
@Suite struct OutcomeTests {
    private let scratch: TemporaryDirectory
    private var directory: String { scratch.path + "/payloads" }

    init() throws { scratch = try TemporaryDirectory() }

    private func makeWriter() throws -> PayloadWriter {
        try PayloadWriter(directory: directory, mapBytes: 64 << 20)
    }

    private static func outcome(_ key: String, _ code: String? = nil, at time: Int64 = 5) -> PublishedOutcome
    {
        PublishedOutcome(key: Array(key.utf8), errorCode: code, decidedAt: time)
    }

    private static func put(
        _ number: Int,
        _ outcomes: [PublishedOutcome],
        into batch: inout PayloadBatch
    ) throws {
        try batch.put(
            user: StoreSamples.user(number),
            partition: 0,
            day: 1,
            answers: StoreSamples.answers(number),
            dailyUntil: nil,
            outcomes: outcomes
        )
    }

    /// Publishes a player with these outcomes alone.
    private func commit(_ writer: PayloadWriter, _ number: Int, _ outcomes: [PublishedOutcome]) throws {
        var batch = try StoreSamples.batch(count: 0)
        try Self.put(number, outcomes, into: &batch)
        try writer.commit(batch, state: StoreSamples.state())
    }

    private func published(_ number: Int) throws -> [PublishedOutcome] {
        try PublishedStore(directory: directory).makeReader().read { view throws(PayloadStoreError) in
            try view.outcomes(of: StoreSamples.user(number))
        }
    }

    private func published(_ number: Int, _ key: String) throws -> PublishedOutcome? {
        try PublishedStore(directory: directory).makeReader().read { view throws(PayloadStoreError) in
            try view.outcome(of: StoreSamples.user(number), key: Array(key.utf8))
        }
    }

    @Test func `outcomes are read back by player and key, each player's own`() throws {
        let writer = try makeWriter()
        let outcomes = [
            Self.outcome("c2", "GOAL_NOT_COMPLETED", at: .max), Self.outcome("e\u{301}", at: 0),
            Self.outcome("\u{E9}", "X", at: .min), Self.outcome("", at: -1),
            Self.outcome(String(repeating: "k", count: 255), String(repeating: "c", count: 255)),
        ]
        try commit(writer, 1, outcomes)
        try commit(writer, 2, [Self.outcome("c2")])
        #expect(try published(1) == outcomes)
        for outcome in outcomes {
            let key = String(decoding: outcome.key, as: UTF8.self)
            let found = try #require(try published(1, key))
            #expect(found == outcome && found.key == outcome.key)
        }
        #expect(try published(2, "c2") == Self.outcome("c2"))
        #expect(try published(2, "e\u{301}") == nil)
        #expect(try published(1, "c") == nil)
        #expect(try published(3, "c2") == nil)
        #expect(try published(3) == [])
    }

    @Test func `they go with the player's next answers, with the player, and with the store`() throws {
        let writer = try makeWriter()
        for number in 0..<3 { try commit(writer, number, [Self.outcome("c", "OLD"), Self.outcome("b")]) }
        try commit(writer, 0, [Self.outcome("c")])
        try commit(writer, 1, [])
        var batch = PayloadBatch()
        try batch.remove(user: StoreSamples.user(2))
        try writer.commit(batch, state: StoreSamples.state())
        #expect(try published(0) == [Self.outcome("c")])
        #expect(try published(1) == [])
        #expect(try published(2) == [])
        // Twice in a batch: the later one stays.
        batch = try StoreSamples.batch(count: 0)
        try Self.put(1, [Self.outcome("first")], into: &batch)
        try Self.put(1, [Self.outcome("second")], into: &batch)
        try Self.put(0, [Self.outcome("first")], into: &batch)
        try batch.remove(user: StoreSamples.user(0))
        try writer.commit(batch, state: StoreSamples.state())
        #expect(try published(1) == [Self.outcome("second")])
        #expect(try published(0) == [])
        try writer.reset()
        try writer.commit(StoreSamples.batch(count: 0), state: StoreSamples.state())
        #expect(try published(1) == [])
    }

    @Test func `of a player the newest 64 are kept`() throws {
        let outcomes = (0..<200).map { Self.outcome("c\($0)", at: Int64(1000 - $0)) }
        for count in [63, 64, 65, 200] {
            try commit(try makeWriter(), 1, Array(outcomes.prefix(count)))
            #expect(try published(1) == Array(outcomes.prefix(min(count, 64))))
        }
        #expect(PublishedOutcome.countMax == 64)
    }

    @Test func `what no record can hold is refused, and the batch stays as it was`() throws {
        for (outcome, byteCount) in [
            (Self.outcome(String(repeating: "k", count: 256)), 256),
            (Self.outcome("c", String(repeating: "c", count: 256)), 256), (Self.outcome("c", ""), 0),
        ] {
            var batch = PayloadBatch()
            #expect(throws: PayloadStoreError.outcomeOutOfRange(byteCount: byteCount)) {
                try Self.put(1, [outcome], into: &batch)
            }
            #expect(batch.isEmpty && batch.byteCount == 0)
        }
        #expect("\(PayloadStoreError.outcomeOutOfRange(byteCount: 256))".contains("256"))
    }

    @Test func `a batch counts their bytes`() throws {
        var (without, with) = (PayloadBatch(), PayloadBatch())
        try Self.put(1, [], into: &without)
        try Self.put(1, [Self.outcome("12345", "123")], into: &with)
        // Version, count, time, two lengths, checksum.
        #expect(with.byteCount == without.byteCount + 5 + 3 + 2 + 8 + 2 + 8)
    }

    @Test func `a store of an older version is read, and has outcomes once a publish has written them`()
        async throws
    {
        try Self.makeOldStore(in: directory, from: scratch.path + "/new")
        let old = try PublishedStore(directory: directory)
        let reader = try old.makeReader()
        func find(_ reader: PayloadReader) throws -> PublishedOutcome? {
            try reader.read { view throws(PayloadStoreError) in
                try view.outcome(of: StoreSamples.user(1), key: Array("c".utf8))
            }
        }
        #expect(try reader.state() == StoreSamples.state())
        #expect(try find(reader) == nil)
        #expect(!old.isStale())
        await #expect(processExitsWith: .success) { [directory = directory as String] in
            let writer = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            var batch = PayloadBatch()
            try OutcomeTests.put(1, [OutcomeTests.outcome("c", "X")], into: &batch)
            try writer.commit(batch, state: StoreSamples.state(day: 9))
        }
        // The answers are there at once; the outcomes for whoever opens the store anew, as isStale asks for.
        #expect(try reader.state().day == 9)
        #expect(try find(reader) == nil)
        #expect(old.isStale())
        let new = try PublishedStore(directory: directory)
        #expect(try find(new.makeReader()) == Self.outcome("c", "X"))
        #expect(!new.isStale())
    }

    /// A store with the five databases that there were before outcomes.
    private static func makeOldStore(in directory: String, from template: String) throws {
        try PayloadWriter(directory: template, mapBytes: 64 << 20)
            .commit(StoreSamples.batch(count: 3), state: StoreSamples.state())
        let source = try Environment.openReadOnly(directory: template)
        let target = try Environment.openReadWrite(directory: directory, mapBytes: 64 << 20)
        for name in ["answers", "templates", "template_uses", "daily", "meta"] {
            let from = try #require(try source.database(named: name))
            let to = try target.makeDatabase(named: name)
            var items: [([UInt8], [UInt8])] = []
            try ReadSnapshot(source).read { view throws(LMDBError) in
                try view.forEach(in: from) { key, value in
                    items.append((key.withUnsafeBytes { Array($0) }, value.withUnsafeBytes { Array($0) }))
                    return true
                }
            }
            let copied = items
            try target.write { batch throws(LMDBError) in
                for (key, value) in copied { try batch.put(value, in: to, under: key) }
            }
        }
    }
}
