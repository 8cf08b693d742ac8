import Foundation
import LMDB
import PayloadStore
import TestKit
import Testing

@Suite struct PayloadWriterTests {
    private let scratch: TemporaryDirectory
    private var directory: String { scratch.path + "/payloads" }

    init() throws { scratch = try TemporaryDirectory() }

    private func makeWriter(mapBytes: Int = 64 << 20) throws -> PayloadWriter {
        try PayloadWriter(directory: directory, mapBytes: mapBytes)
    }

    private func makeReader() throws -> PayloadReader {
        try PublishedStore(directory: directory).makeReader()
    }

    private func frame(_ reader: PayloadReader, _ user: [UInt8], _ slot: AnswerSlot) throws -> [UInt8]? {
        try reader.withAnswer(of: user, slot) { _, frame in frame.withUnsafeBytes { Array($0) } }
    }

    @Test func `what was committed is read back, answer by answer`() throws {
        let writer = try makeWriter()
        try writer.commit(StoreSamples.batch(count: 10), state: StoreSamples.state())
        let reader = try makeReader()
        #expect(try reader.state() == StoreSamples.state())
        #expect(try writer.state() == StoreSamples.state())
        #expect(try writer.playerCount() == 10)
        for number in 0..<10 {
            for slot in AnswerSlot.allCases {
                let found = try reader.withAnswer(of: StoreSamples.user(number), slot) { header, frame in
                    (header, frame.withUnsafeBytes { Array($0) })
                }
                #expect(found?.1 == StoreSamples.frame(number, slot))
                #expect(found?.0.template == StoreSamples.template(0))
                #expect(found?.0.partition == UInt16(number))
                #expect(found?.0.day == 20_000)
            }
        }
        #expect(try reader.template(StoreSamples.template(0)) == StoreSamples.templateBytes(0))
        #expect(try reader.template(StoreSamples.template(1)) == nil)
        #expect(try frame(reader, StoreSamples.user(99), .initialize) == nil)
        #expect(try frame(reader, [], .initialize) == nil)
        #expect(try frame(reader, Array(repeating: 65, count: 5000), .initialize) == nil)
    }

    @Test func `a store that was never written says not published`() throws {
        #expect(throws: PayloadStoreError.notPublished(directory: directory)) {
            try PublishedStore(directory: directory)
        }
        let writer = try makeWriter()
        #expect(try writer.state() == nil)
        let reader = try makeReader()
        #expect(throws: PayloadStoreError.notPublished(directory: directory)) { try reader.state() }
    }

    @Test func `an environment without the databases says not published`() throws {
        let environment = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        #expect(throws: PayloadStoreError.notPublished(directory: directory)) {
            try PublishedStore(directory: directory)
        }
        #expect(environment.isWritable)
    }

    @Test func `a later answer replaces the older one, also inside a batch`() throws {
        let writer = try makeWriter()
        var batch = try StoreSamples.batch(count: 1)
        try batch.put(
            user: StoreSamples.user(0),
            partition: 3,
            day: 20_001,
            answers: StoreSamples.answers(7),
            dailyUntil: nil
        )
        try writer.commit(batch, state: StoreSamples.state())
        let reader = try makeReader()
        #expect(try frame(reader, StoreSamples.user(0), .challenges) == StoreSamples.frame(7, .challenges))
        #expect(try writer.playerCount() == 1)
        #expect(try writer.dailyDue(before: .max, limit: 10) == [])
    }

    @Test func `a removed player is gone`() throws {
        let writer = try makeWriter()
        try writer.commit(StoreSamples.batch(count: 2), state: StoreSamples.state())
        var batch = PayloadBatch()
        try batch.remove(user: StoreSamples.user(0))
        try batch.remove(user: StoreSamples.user(77))
        try writer.commit(batch, state: StoreSamples.state())
        #expect(try writer.playerCount() == 1)
        #expect(try writer.dailyDue(before: .max, limit: 10) == [])
        #expect(try frame(makeReader(), StoreSamples.user(0), .initialize) == nil)
    }

    @Test func `ids with NFC and NFD, and the longest ones, are different players`() throws {
        let users = ["\u{E9}", "e\u{301}", "a b'\"", String(repeating: "\u{10FFFF}", count: 100)]
        let writer = try makeWriter()
        var batch = try StoreSamples.batch(count: 0)
        for (number, user) in users.enumerated() {
            try batch.put(
                user: Array(user.utf8),
                partition: 0,
                day: 1,
                answers: StoreSamples.answers(number),
                dailyUntil: nil
            )
        }
        try writer.commit(batch, state: StoreSamples.state())
        let reader = try makeReader()
        #expect(try writer.playerCount() == 4)
        for (number, user) in users.enumerated() {
            #expect(
                try frame(reader, Array(user.utf8), .initialize) == StoreSamples.frame(number, .initialize)
            )
        }
    }

    @Test(arguments: [0, 512])
    func `an id that no key can hold is refused`(byteCount: Int) throws {
        var batch = PayloadBatch()
        let user: [UInt8] = Array(repeating: 65, count: byteCount)
        #expect(throws: PayloadStoreError.userOutOfRange(byteCount: byteCount)) {
            try batch.put(
                user: user,
                partition: 0,
                day: 0,
                answers: StoreSamples.answers(0),
                dailyUntil: nil
            )
        }
        #expect(throws: PayloadStoreError.userOutOfRange(byteCount: byteCount)) {
            try batch.remove(user: user)
        }
        #expect(batch.isEmpty)
    }

    @Test func `a batch counts its bytes and says when it is full`() throws {
        var batch = PayloadBatch(bytesMax: 20_000)
        var count = 0
        while !batch.isFull {
            try batch.put(
                user: StoreSamples.user(count),
                partition: 0,
                day: 0,
                answers: StoreSamples.answers(count),
                dailyUntil: nil
            )
            count += 1
        }
        #expect(batch.byteCount >= 20_000)
        #expect(batch.byteCount < 30_000)
        #expect(batch.playerCount == count)
    }

    @Test func `an answer or state that names no stored template is refused whole`() throws {
        let writer = try makeWriter()
        try writer.commit(StoreSamples.batch(count: 1), state: StoreSamples.state())
        var batch = try StoreSamples.batch(count: 3)
        try batch.put(
            user: StoreSamples.user(9),
            partition: 0,
            day: 0,
            answers: StoreSamples.answers(9, template: StoreSamples.template(5)),
            dailyUntil: nil
        )
        #expect(throws: PayloadStoreError.unknownTemplate(StoreSamples.template(5))) {
            try writer.commit(batch, state: StoreSamples.state(day: 2))
        }
        #expect(throws: PayloadStoreError.unknownTemplate(StoreSamples.template(6))) {
            try writer.commit(
                StoreSamples.batch(count: 3),
                state: StoreSamples.state(templates: [StoreSamples.template(6)])
            )
        }
        #expect(try writer.playerCount() == 1)
        #expect(try writer.state() == StoreSamples.state())
    }

    @Test func `a full map changes nothing and a larger one lets the batch in`() throws {
        let batch = try StoreSamples.batch(count: 400)
        do {
            let writer = try makeWriter(mapBytes: 1 << 20)
            try writer.commit(StoreSamples.batch(count: 3), state: StoreSamples.state())
            #expect(throws: PayloadStoreError.lmdb(.mapFull(path: directory, mapBytes: 1 << 20))) {
                try writer.commit(batch, state: StoreSamples.state(day: 2))
            }
            #expect(try writer.state() == StoreSamples.state())
            #expect(try writer.playerCount() == 3)
        }
        let writer = try makeWriter(mapBytes: 64 << 20)
        try writer.commit(batch, state: StoreSamples.state(day: 2))
        #expect(try writer.playerCount() == 400)
    }

    @Test func `templates stay while an answer or the state needs them`() throws {
        let writer = try makeWriter()
        try writer.commit(StoreSamples.batch(count: 2), state: StoreSamples.state())
        var batch = PayloadBatch()
        try batch.add(template: StoreSamples.template(1), bytes: StoreSamples.templateBytes(1))
        try batch.put(
            user: StoreSamples.user(0),
            partition: 0,
            day: 1,
            answers: StoreSamples.answers(0, template: StoreSamples.template(1)),
            dailyUntil: nil
        )
        let next = StoreSamples.state(templates: [StoreSamples.template(1)])
        try writer.commit(batch, state: next)
        #expect(try writer.removeUnusedTemplates() == 0)
        // The last player leaves template 0.
        batch = PayloadBatch()
        try batch.put(
            user: StoreSamples.user(1),
            partition: 0,
            day: 1,
            answers: StoreSamples.answers(1, template: StoreSamples.template(1)),
            dailyUntil: nil
        )
        try writer.commit(batch, state: next)
        #expect(try writer.removeUnusedTemplates() == 1)
        let reader = try makeReader()
        #expect(try reader.template(StoreSamples.template(0)) == nil)
        #expect(try reader.template(StoreSamples.template(1)) == StoreSamples.templateBytes(1))
        // No player needs template 1 any more, the state does.
        batch = PayloadBatch()
        for number in 0..<2 { try batch.remove(user: StoreSamples.user(number)) }
        try writer.commit(batch, state: next)
        #expect(try writer.removeUnusedTemplates() == 0)
    }

    @Test func `players whose day is over are listed in pages`() throws {
        let writer = try makeWriter()
        var batch = try StoreSamples.batch(count: 0)
        for number in 10..<30 {
            try batch.put(
                user: StoreSamples.user(number),
                partition: 0,
                day: 5,
                answers: StoreSamples.answers(0),
                dailyUntil: number % 2 == 0 ? Int32(number) - 15 : nil
            )
        }
        try writer.commit(batch, state: StoreSamples.state())
        // Days -5, -3 … 13; before 1: -5, -3, -1.
        #expect(try writer.dailyDue(before: 1, limit: 99) == [10, 12, 14].map(StoreSamples.user))
        #expect(try writer.dailyDue(before: 1, limit: 2) == [10, 12].map(StoreSamples.user))
        #expect(
            try writer.dailyDue(before: 1, after: StoreSamples.user(12), limit: 2) == [StoreSamples.user(14)]
        )
        #expect(try writer.dailyDue(before: -5, limit: 99) == [])
        #expect(try writer.dailyDue(before: 1, limit: 0) == [])
    }

    @Test func `reset empties the store for another database`() throws {
        let writer = try makeWriter()
        try writer.commit(StoreSamples.batch(count: 5), state: StoreSamples.state())
        let reader = try makeReader()
        try writer.reset()
        #expect(try writer.state() == nil)
        #expect(try writer.playerCount() == 0)
        #expect(throws: PayloadStoreError.notPublished(directory: directory)) { try reader.state() }
        try writer.commit(StoreSamples.batch(count: 1), state: StoreSamples.state(day: 3))
        #expect(try reader.state().day == 3)
    }

    @Test func `a deleted store makes readers stale`() throws {
        try makeWriter().commit(StoreSamples.batch(count: 1), state: StoreSamples.state())
        let store = try PublishedStore(directory: directory)
        let reader = try store.makeReader()
        #expect(!store.isStale())
        try FileManager.default.removeItem(atPath: directory)
        #expect(store.isStale())
        #expect(try reader.state() == StoreSamples.state())
    }

    @Test func `one read sees one commit`() throws {
        let writer = try makeWriter()
        try writer.commit(StoreSamples.batch(count: 1, day: 1), state: StoreSamples.state(day: 1))
        let reader = try makeReader()
        let days = try reader.read { view throws(PayloadStoreError) -> [Int32?] in
            var batch = PayloadBatch()
            try batch.put(
                user: StoreSamples.user(0),
                partition: 0,
                day: 2,
                answers: StoreSamples.answers(2),
                dailyUntil: nil
            )
            try writer.commit(batch, state: StoreSamples.state(day: 2))
            return [
                view.state.day,
                try view.withAnswer(of: StoreSamples.user(0), .initialize) { header, _ in header.day },
            ]
        }
        #expect(days == [1, 1])
        #expect(try reader.withAnswer(of: StoreSamples.user(0), .initialize) { header, _ in header.day } == 2)
        #expect(try reader.state().day == 2)
    }
}
