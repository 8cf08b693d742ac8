import Disk
import EventLog
import TestKit
import Testing

@Suite struct LogCompactorTests {
    private let log: LogFixture
    private let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        log = try LogFixture(LocalVolume(), temporary.path + "/events")
    }

    @Test func `small commits are joined, and every record, offset and time stays`() throws {
        let writer = try log.fillWithSmallCommits()
        let (records, before) = (try log.records(), try log.footers())
        let segments = try log.directory.segments()
        let last = try log.volume.readFile(log.segment(300), bytesMax: 1 << 20)
        let done = try log.compact()
        #expect(done.map(\.outcome) == [.rewritten, .rewritten, .rewritten])
        #expect(done.map(\.name) == segments.dropLast().map(\.name))
        #expect(done.map(\.bytesBefore) == segments.dropLast().map(\.fileBytes))
        #expect(done.map(\.framesBefore) == [40, 40, 40])
        let compacted = try log.directory.segments()
        for (old, new) in zip(segments.dropLast(), compacted) {
            #expect(new.fileBytes < old.fileBytes / 2)
            #expect((new.baseOffset, new.recordCount) == (old.baseOffset, old.recordCount))
            #expect((new.leastTime, new.greatestTime) == (old.leastTime, old.greatestTime))
            #expect((new.rawBytes, new.isSealed) == (old.rawBytes, true))
        }
        #expect(done.map(\.bytesAfter) == compacted.dropLast().map(\.fileBytes))
        #expect(compacted.last == segments.last)
        #expect(try log.volume.readFile(log.segment(300), bytesMax: 1 << 20) == last)
        for offset in stride(from: UInt64(0), to: writer.nextOffset, by: 7) {
            #expect(try log.records(from: offset) == Array(records[Int(offset)...]))
        }
        for frame in try log.footers() {
            let commits = before.filter { frame.baseOffset..<frame.nextOffset ~= $0.baseOffset }
            #expect(frame.nextOffset == commits.last?.nextOffset)
            #expect(frame.leastTime == commits.map(\.leastTime).min())
            #expect(frame.greatestTime == commits.map(\.greatestTime).max())
            #expect(frame.committedAt == commits.map(\.committedAt).max())
            #expect(frame.source == commits.last?.source)
        }
        #expect(try log.verify().findings == [])
        try writer.appendNumbered(2, of: 2)
        #expect(try log.records() == numbered(0, Int(writer.nextOffset)))
    }

    @Test func `where sources were left is told by seals and, without them, by footers`() throws {
        let writer = try log.fillWithSmallCommits()
        writer.close()
        func positions() throws -> [SourcePosition] {
            let writer = try log.writer()
            defer { writer.close() }
            #expect(try #require(writer.lastRecord(of: "b")) > 0)
            return writer.sourcePositions
        }
        func lastRecords() throws -> [UInt64?] {
            let writer = try log.writer()
            defer { writer.close() }
            return ["a", "b"].map { writer.lastRecord(of: $0) }
        }
        let (before, records) = (try positions(), try lastRecords())
        #expect(before.map(\.name) == ["b", "a"])
        try log.compact()
        #expect(try positions() == before)
        #expect(try lastRecords() == records)
        // All seals lost: a writer makes them anew from the footers.
        for segment in try log.directory.segments().dropLast() {
            let path = log.path + "/" + segment.name.fileName
            var bytes = try log.volume.readFile(path, bytesMax: 1 << 20)
            bytes[bytes.count - 1] ^= 0xFF
            try log.volume.atomicWrite(bytes, to: path)
        }
        #expect(try positions() == before)
        #expect(try lastRecords() == records)
        #expect(try log.verify().findings == [])
    }

    @Test func `what is compact already is not rewritten`() throws {
        try log.fillWithSmallCommits()
        try log.compact()
        let segments = try log.directory.segments()
        let again = try log.compact()
        #expect(again.map(\.outcome) == [.compact, .compact, .compact])
        #expect(again.map(\.bytesAfter) == again.map(\.bytesBefore))
        #expect(try log.directory.segments() == segments)
    }

    @Test func `large frames are rewritten only where a harder level wins`() throws {
        var random = SplitMix64(seed: 1)
        let writer = try log.writer()
        // Words that come back from far away, 0.9 MB a frame.
        let words = (0..<20_000).map { _ in String(random.next(), radix: 16) }
        for _ in 0..<3 {
            let lines = (0..<7_000).map { _ in
                (0..<8).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
                    .joined(separator: " ")
            }
            _ = try writer.append(frame(lines))
        }
        try writer.seal()
        for _ in 0..<3 {
            let lines = (0..<7_000).map { _ in
                (0..<8).map { _ in String(random.next(), radix: 36) }.joined()
            }
            _ = try writer.append(frame(lines))
        }
        try writer.seal()
        try writer.appendNumbered(1, of: 1)
        let bytes = try log.footers().map(\.rawBytes)
        let first = try log.compact()
        #expect(first.map(\.outcome) == [.rewritten, .compact])
        #expect(first[0].framesAfter == 3)
        #expect(first[0].bytesAfter < first[0].bytesBefore)
        #expect(try log.footers().map(\.rawBytes) == bytes)
        #expect(try log.compact().map(\.outcome) == [.compact, .compact])
    }

    @Test func `the last segment stays, sealed or not`() throws {
        let writer = try log.writer()
        try writer.appendNumbered(30, of: 2)
        #expect(try log.compact() == [])
        try writer.seal()
        #expect(try log.compact() == [])
        #expect(try log.footers().count == 30)
        try writer.appendNumbered(1, of: 2)
        #expect(try log.compact().map(\.outcome) == [.rewritten])
        #expect(try log.footers().count == 2)
    }

    @Test func `an empty log and no log`() throws {
        #expect(try log.compact() == [])
        let nowhere = temporary.path + "/nowhere"
        #expect(throws: LogError.notALog(directory: nowhere)) {
            _ = try LogCompactor.open(volume: LocalVolume(), directory: nowhere)
        }
    }

    @Test func `maintenance runs once at a time, beside a writer`() throws {
        let writer = try log.fillWithSmallCommits()
        let compactor = try LogCompactor.open(volume: log.volume, directory: log.path)
        let process = try #require(
            Int32(
                String(
                    decoding: log.volume.readFile(log.path + "/maintenance.lock", bytesMax: 64).dropLast(),
                    as: UTF8.self
                )
            )
        )
        let held = LogError.maintenanceLocked(directory: log.path, processID: process)
        #expect(throws: held) { try log.compact() }
        #expect(throws: held) { _ = try log.retention().apply() }
        #expect(try log.retention().plan().deletedCount == 2)
        #expect(try compactor.step() == .working)
        // A writer that opens now leaves the file alone that is being written.
        writer.close()
        let other = try log.writer()
        #expect(other.recovery.isClean)
        try other.appendNumbered(1, of: 1)
        while try compactor.step() != .finished {}
        compactor.abandon()
        #expect(try log.compact().allSatisfy { $0.outcome == .compact })
        #expect(try log.records() == numbered(0, Int(other.nextOffset)))
    }

    @Test func `what a killed compaction left goes with the next run or the next writer`() throws {
        try log.fillWithSmallCommits().close()
        let leftover = log.segment(0) + ".compact.tmp"
        try log.volume.atomicWrite([1, 2, 3], to: leftover)
        let writer = try log.writer()
        #expect(writer.recovery.removedFiles == [leftover])
        for run in 0...1 {
            try log.volume.atomicWrite([1, 2, 3], to: leftover)
            if run == 0 { try log.compact() } else { _ = try log.retention(.bytes(.max)).apply() }
            #expect(try !log.volume.exists(leftover))
        }
    }

    @Test func `one that is abandoned leaves nothing and lets the next one in`() throws {
        try log.fillWithSmallCommits()
        let files = try log.volume.list(log.path)
        let compactor = try LogCompactor.open(volume: log.volume, directory: log.path)
        #expect(try compactor.step() == .working)
        #expect(try log.volume.list(log.path) != files)
        compactor.abandon()
        #expect(try log.volume.list(log.path) == (files + ["maintenance.lock"]).sorted())
        #expect(try log.compact().map(\.outcome) == [.rewritten, .rewritten, .rewritten])
    }

    @Test func `damage is named and left as it is, and the other segments have their turn`() throws {
        try log.fillWithSmallCommits().close()
        let path = log.segment(100)
        let whole = try log.volume.readFile(path, bytesMax: 1 << 20)
        var named = 0
        let tableOffset = whole.count - (17 + 8 * 81)
        for index in stride(from: 0, to: tableOffset, by: 37) {
            var damaged = whole
            damaged[index] ^= 0x10
            try log.volume.atomicWrite(damaged, to: path)
            let compactor = try LogCompactor.open(volume: log.volume, directory: log.path)
            defer { compactor.abandon() }
            var outcomes: [SegmentName] = []
            var error: LogError?
            while true {
                do throws(LogError) {
                    let step = try compactor.step()
                    if case .segment(let segment) = step { outcomes.append(segment.name) }
                    if case .finished = step { break }
                } catch let found {
                    error = found
                }
            }
            guard case .damaged(path, let byteOffset, _, _) = error else {
                Issue.record("byte \(index): \(String(describing: error))")
                continue
            }
            named += 1
            #expect(byteOffset <= UInt64(whole.count))
            #expect(outcomes == [SegmentName(baseOffset: 0), SegmentName(baseOffset: 200)])
            #expect(try log.volume.readFile(path, bytesMax: 1 << 20) == damaged)
            #expect(try !log.volume.list(log.path).contains { $0.hasSuffix(".tmp") })
        }
        #expect(named > 50)
        // A seek table is made anew from the commits, so one that only lists them wrongly is mended.
        var damaged = whole
        damaged[tableOffset + 8 + 40] ^= 0x10
        try log.volume.atomicWrite(damaged, to: path)
        #expect(try log.verify().findings.count == 1)
        #expect(try log.compact().map(\.outcome) == [.compact, .rewritten, .compact])
        #expect(try log.verify().findings == [])
    }

    @Test func `a file that another one took the place of is not replaced`() throws {
        try log.fillWithSmallCommits().close()
        let path = log.segment(0)
        let whole = try log.volume.readFile(path, bytesMax: 1 << 20)
        let volume = log.volume
        // Somebody restores the file from a copy while it is being rewritten.
        let hooked = HookedVolume(volume) { call in
            guard call == .open(path + ".compact.tmp") else { return }
            do { try volume.atomicWrite(whole, to: path) } catch { Issue.record(error) }
        }
        #expect(throws: LogError.self) { try log.compact(on: hooked) }
        #expect(try log.volume.readFile(path, bytesMax: 1 << 20) == whole)
        #expect(try log.compact().map(\.outcome) == [.rewritten, .rewritten, .rewritten])
    }

    @Test(arguments: UInt64(0)..<8)
    func `readers follow while segments are written, sealed and compacted`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var writer = try log.writer()
        let readers = [try log.reader(), try log.reader()]
        var seen: [[String]] = [[], []]
        var compactor: LogCompactor?
        for _ in 0..<400 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: try writer.seal()
            case 1:
                writer.close()
                writer = try log.writer()
            case 2...5: try writer.appendNumbered(1, of: Int.random(in: 1...9, using: &random))
            case 6...9:
                let current = try compactor ?? LogCompactor.open(volume: log.volume, directory: log.path)
                compactor = try current.step() == .finished ? nil : current
            default:
                let index = Int.random(in: 0...1, using: &random)
                // A frame at a time, so that it is in the midst of segments that are replaced.
                for _ in 0..<Int.random(in: 1...12, using: &random) where try readers[index].nextFrame() {
                    seen[index] += splitLines(Array(readers[index].bytes))
                }
                try readers[index].syncRead()
            }
        }
        for index in 0...1 {
            while try readers[index].nextFrame() { seen[index] += splitLines(Array(readers[index].bytes)) }
            #expect(seen[index] == numbered(0, Int(writer.nextOffset)))
        }
        #expect(try log.verify().findings == [])
    }
}
