import Foundation
import Glibc
import PayloadStore
import TestKit
import Testing

/// Changed bytes anywhere in LMDB's file: whatever a reader gets, it is never another answer than the player's.
///
/// LMDB has no checksums of pages, so that a broken page may end the process that follows it: readers run in processes of
/// their own, which count how they ended. A default run looks at every 97th byte or so, a soak at all.
@Suite struct PageDamageSoakTests {
    /// What came of one changed byte; several may be true.
    private struct Outcome: OptionSet {
        let rawValue: UInt8
        /// Some answer or the state was refused.
        static let refused = Outcome(rawValue: 1)
        /// Some player was not found: a front shows the template.
        static let missing = Outcome(rawValue: 2)
        /// An older commit was read, whole.
        static let older = Outcome(rawValue: 4)
        /// A player's older answer was read beside a newer state.
        static let stale = Outcome(rawValue: 8)
        /// Bytes that were never this player's answer.
        static let wrong = Outcome(rawValue: 16)
        /// The reader was looking at it when its process ended.
        static let begun = Outcome(rawValue: 0x80)
        static let untouched = Outcome(rawValue: 0xFF)
    }

    private static let players = 40

    /// Short frames, so that a page holds many records; a day's differ from another's.
    private static func frame(_ player: Int, _ slot: AnswerSlot, _ day: Int32) -> [UInt8] {
        Array("frame of \(player) for \(slot) on \(day)".utf8)
    }

    private static func template(_ slot: AnswerSlot) -> TemplateID { StoreSamples.template(slot.rawValue) }

    private static func templateBytes(_ slot: AnswerSlot) -> [UInt8] {
        Array(repeating: UInt8(slot.rawValue), count: 5000)
    }

    /// Two commits, so that pages of an older one lie about.
    private static func makeStore(_ directory: String) throws {
        let writer = try PayloadWriter(directory: directory, mapBytes: 4 << 20)
        for day in Int32(1)...2 {
            var batch = PayloadBatch()
            for slot in AnswerSlot.allCases {
                try batch.add(template: template(slot), bytes: templateBytes(slot))
            }
            for number in 0..<players {
                let answers = AnswerSlot.allCases.map {
                    StoredAnswer(template: template($0), frame: frame(number, $0, day))
                }
                try batch.put(
                    user: StoreSamples.user(number),
                    partition: UInt16(number % 16),
                    day: day,
                    answers: PlayerAnswers(
                        initialize: answers[0],
                        challenges: answers[1],
                        activeOnly: answers[2]
                    ),
                    dailyUntil: number % 2 == 0 ? day : nil
                )
            }
            let state = StoreSamples.state(day: day, templates: AnswerSlot.allCases.map(template))
            try writer.commit(batch, state: state)
        }
    }

    /// Reads all that the store in `directory` has.
    private static func look(_ directory: String) -> Outcome {
        var outcome: Outcome = []
        do throws(PayloadStoreError) {
            let reader = try PublishedStore(directory: directory).makeReader()
            try reader.read { view throws(PayloadStoreError) in
                let day = view.state.day
                if day == 1 { outcome.insert(.older) }
                if view.state != StoreSamples.state(day: day, templates: AnswerSlot.allCases.map(template)) {
                    outcome.insert(.wrong)
                }
                for number in 0..<players {
                    for slot in AnswerSlot.allCases {
                        do throws(PayloadStoreError) {
                            let found = try view.withAnswer(of: StoreSamples.user(number), slot) {
                                header,
                                frame in
                                (header, frame.withUnsafeBytes { Array($0) })
                            }
                            guard let (header, bytes) = found else {
                                outcome.insert(.missing)
                                continue
                            }
                            let isHis = bytes == frame(number, slot, header.day)
                            outcome.insert(isHis && header.template == template(slot) ? [] : .wrong)
                            if header.day != day { outcome.insert(.stale) }
                        } catch {
                            outcome.insert(.refused)
                        }
                    }
                }
                for slot in AnswerSlot.allCases {
                    do throws(PayloadStoreError) {
                        let bytes = try view.template(template(slot))
                        outcome.insert(bytes == nil ? .refused : bytes == templateBytes(slot) ? [] : .wrong)
                    } catch {
                        outcome.insert(.refused)
                    }
                }
            }
        } catch {
            outcome.insert(.refused)
        }
        return outcome
    }

    /// Changes one byte after another from `first` on, `step` bytes apart, and notes in `results` what came of each.
    private static func run(_ data: String, _ results: String, _ scratch: String, first: Int, bit: Int)
        throws
    {
        // Whatever a broken page does to this process, it ends without a core file, and the next one goes on.
        // A trap of Swift's is our own fault, and fails the test.
        for number in [SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
            signal(number) { _ in _exit(0) }
        }
        let whole = [UInt8](try Data(contentsOf: URL(filePath: data)))
        let notes = open(results, O_WRONLY | O_CLOEXEC)
        guard notes >= 0 else { throw POSIXError(.EIO) }
        defer { close(notes) }
        func note(_ index: Int, _ outcome: Outcome) throws {
            var byte = outcome.rawValue
            guard pwrite(notes, &byte, 1, index) == 1 else { throw POSIXError(.EIO) }
        }
        for index in stride(from: first, to: whole.count, by: step) {
            try note(index, .begun)
            let directory = scratch + "/\(index)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            var bytes = whole
            bytes[index] ^= 1 << UInt8((index / step + bit) % 8)
            try Data(bytes).write(to: URL(filePath: directory + "/data.mdb"))
            // A page that leads back to itself: no test waits for ever.
            alarm(30)
            let outcome = look(directory)
            alarm(0)
            try note(index, outcome)
            try FileManager.default.removeItem(atPath: directory)
        }
    }

    @Test func `no changed byte shows a player another's answer`() async throws {
        let scratch = try TemporaryDirectory()
        try Self.makeStore(scratch.path + "/whole")
        #expect(Self.look(scratch.path + "/whole") == [])
        let data = scratch.path + "/whole/data.mdb"
        let size = try Data(contentsOf: URL(filePath: data)).count
        for seed in try SeedRun(1...1) { try await Self.spoil(scratch.path, data, size: size, seed: seed) }
    }

    /// Bytes between two that are changed.
    private static let step = 97

    /// Changes every 97th byte, from one on that the seed chooses, in stores read by a process of its own.
    private static func spoil(_ scratch: String, _ data: String, size: Int, seed: UInt64) async throws {
        let start = Int(seed % UInt64(step))
        let results = scratch + "/results"
        try Data(repeating: Outcome.untouched.rawValue, count: size).write(to: URL(filePath: results))
        var (first, crashes) = (start, 0)
        while first < size {
            let path = scratch
            await #expect(processExitsWith: .success) {
                [
                    data = data as String, results = results as String, path = path as String,
                    first = first as Int, seed = Int(seed % 8) as Int,
                ] in
                try Self.run(data, results, path, first: first, bit: seed)
            }
            let notes = try Data(contentsOf: URL(filePath: results))
            guard
                let broken = stride(from: first, to: size, by: step).first(where: {
                    notes[$0] == Outcome.begun.rawValue || notes[$0] == Outcome.untouched.rawValue
                })
            else { break }
            guard notes[broken] == Outcome.begun.rawValue else {
                Issue.record("the reader did not get as far as byte \(broken)")
                return
            }
            crashes += 1
            first = broken + step
        }
        let outcomes = try Data(contentsOf: URL(filePath: results)).enumerated()
            .filter { $0.offset >= start && ($0.offset - start) % step == 0 }.map {
                ($0.offset, Outcome(rawValue: $0.element))
            }
            .filter { $0.1 != .begun }
        func places(_ kind: Outcome) -> [Int] { outcomes.filter { $0.1.contains(kind) }.map(\.0) }
        print(
            "seed \(seed), \(outcomes.count + crashes) changed bytes: \(places(.refused).count) refused, "
                + "\(places(.missing).count) with a player missing, \(places(.older).count) an older commit, "
                + "\(places(.stale).count) an older answer, \(crashes) ended the reader, "
                + "\(places(.wrong).count) wrong"
        )
        #expect(places(.wrong) == [], "seed \(seed)")
    }
}
