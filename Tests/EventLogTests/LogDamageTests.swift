import Disk
import EventLog
import TestKit
import Testing

/// Whole files and frames that are lost, doubled, exchanged or put elsewhere, and damage to what is not a segment.
@Suite struct LogDamageTests {
    private let log: DamagedLog

    init() throws { log = try DamagedLog() }

    /// Damage that everybody notices: nothing wrong is read, the check says damaged, the writer refuses.
    private func expectNoticed(
        _ what: String,
        readsAll: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout [String: [UInt8]]) throws -> Void
    ) throws {
        let verdict = DamageVerdict(try log.disk(change))
        verdict.expectTruth(log, what, sourceLocation: sourceLocation)
        #expect(!verdict.isIntact, "\(what)", sourceLocation: sourceLocation)
        #expect((verdict.readError == nil) == readsAll, "\(what)", sourceLocation: sourceLocation)
    }

    @Test func `the intact log is read, checked and opened`() throws {
        for isOpen in [true, false] {
            let log = try DamagedLog(isOpen: isOpen)
            let verdict = DamageVerdict(try log.disk())
            #expect(verdict.read == log.records && verdict.readAfter == log.records)
            #expect(verdict.findings == [] && verdict.isIntact && verdict.recovery?.isClean == true)
            let kinds = log.segments.map { log.parts[$0]?.last?.kind }
            #expect(kinds == Array(repeating: .table, count: 4) + (isOpen ? [.commit] : []))
        }
    }

    @Test func `bytes behind a segment's end are named`() throws {
        var random = SplitMix64(seed: 3)
        let noise = (0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for path in log.segments {
            let whole = try #require(log.files[path])
            let first = try #require(log.parts[path]?.first)
            let commit = Array(whole[first.bytes])
            for (name, tail) in [
                ("a zero", [0]), ("noise", noise), ("its first commit again", commit),
                ("itself again", whole),
                ("a footer alone", Array(commit[first.frameBytes...])),
                ("a frame alone", Array(commit[..<first.frameBytes])),
            ] {
                let verdict = DamageVerdict(try log.disk(path, whole + tail))
                let what = "\(path) and \(name)"
                verdict.expectTruth(log, what)
                let found = verdict.findings.first
                #expect(found?.file == path, "\(what): \(verdict.findings)")
                #expect(
                    verdict.nextOffset == UInt64(log.records.count) || verdict.writeError != nil,
                    "\(what)"
                )
                // Behind the open segment it is what a crash leaves, which the writer cuts and says so.
                let isTorn = path == log.segments.last && verdict.isIntact
                #expect(!isTorn || verdict.recovery?.cutBytes == UInt64(tail.count), "\(what)")
                #expect(path == log.segments.last || !verdict.isIntact, "\(what)")
            }
        }
    }

    @Test func `segments that lie under each other's names are named`() throws {
        for one in log.segments.indices {
            for two in log.segments.indices where two > one {
                let (first, second) = (log.segments[one], log.segments[two])
                try expectNoticed("\(first) exchanged with \(second)") { files in
                    (files[first], files[second]) = (files[second], files[first])
                }
                try expectNoticed("\(second) is a copy of \(first)") { $0[second] = $0[first] }
                try expectNoticed("\(first) is a copy of \(second)") { $0[first] = $0[second] }
            }
        }
    }

    @Test func `a segment under a wrong base offset is named`() throws {
        for path in log.segments {
            for shift in [-1, 1, 40, 4000] {
                let base = try #require(log.parts[path]?.first).recordOffset
                guard Int(base) + shift >= 0 else { continue }
                let name = SegmentName(baseOffset: UInt64(Int(base) + shift)).fileName
                let what = "\(path) renamed to \(name)"
                let verdict = DamageVerdict(
                    try log.disk { files in
                        files[DamagedLog.path + "/" + name] = files.removeValue(forKey: path)
                    }
                )
                // Where the first one is gone, a reader from 0 is told that its records were deleted.
                #expect(verdict.read == Array(log.records.prefix(verdict.read.count)), "\(what)")
                #expect(verdict.readError != nil && !verdict.isIntact, "\(what)")
                #expect(verdict.writeError != nil, "\(what): goes on at \(verdict.nextOffset ?? 0)")
            }
        }
    }

    @Test func `a second copy of a segment under another name is named`() throws {
        for path in log.segments {
            for base in [UInt64(1), 9, 20, 1000] {
                let name = DamagedLog.path + "/" + SegmentName(baseOffset: base).fileName
                guard log.files[name] == nil else { continue }
                let verdict = DamageVerdict(try log.disk { $0[name] = $0[path] })
                let what = "\(path) also as \(name)"
                #expect(verdict.read == Array(log.records.prefix(verdict.read.count)), "\(what)")
                #expect(!verdict.isIntact && verdict.writeError != nil, "\(what)")
            }
        }
        // A name that no segment can have is none of the log's.
        for name in ["00000000000000000000.ndjson.zst.bak", "copy of 0.ndjson.zst", "1.ndjson.zst"] {
            let first = log.segments[0]
            let verdict = DamageVerdict(try log.disk { $0[DamagedLog.path + "/" + name] = $0[first] })
            #expect(verdict.isIntact && verdict.read == log.records, "\(name)")
        }
    }

    @Test func `a lost segment is named, but for the ends of the log`() throws {
        for (number, path) in log.segments.enumerated() {
            let verdict = DamageVerdict(try log.disk { $0[path] = nil })
            let what = "\(path) lost"
            switch number {
            case 0:
                // Retention deletes the oldest: no damage by itself. Whoever needs those records is told.
                #expect(verdict.read == [], "\(what)")
                let first = try #require(log.parts[log.segments[1]]?.first).recordOffset
                #expect(verdict.readError == .offsetRetained(offset: 0, first: first), "\(what)")
                #expect(verdict.isIntact && verdict.nextOffset == UInt64(log.records.count), "\(what)")
            case log.segments.count - 1:
                // The log ends where the one before ends; watermarks in the database know better.
                verdict.expectTruth(log, what, mayEndEarly: true)
                #expect(verdict.isIntact && verdict.readError == nil, "\(what)")
            default:
                verdict.expectTruth(log, what)
                #expect(verdict.findings.contains { $0.file == log.segments[number + 1] }, "\(what)")
                #expect(verdict.readError != nil && verdict.writeError != nil, "\(what)")
            }
        }
    }

    @Test func `a configuration behind the end proves that the end is lost`() throws {
        let last = Array(log.segments.suffix(2))
        let verdict = DamageVerdict(try log.disk { files in last.forEach { files[$0] = nil } })
        verdict.expectTruth(log, "the last two lost", mayEndEarly: true)
        // The segment before ends just where the configuration governs from: that alone proves nothing.
        #expect(verdict.isIntact)
        let more = DamageVerdict(
            try log.disk { files in log.segments.suffix(3).forEach { files[$0] = nil } }
        )
        #expect(!more.isIntact && more.writeError != nil)
        #expect(more.findings.first?.file.hasPrefix(DamagedLog.path + "/challenges/") == true)
    }

    /// Frames that are equally long, compressed and not: their footers fit either.
    @Test func `exchanged and replaced frames are never read as what they replace`() throws {
        let other = try DamagedLog(salt: 1000)
        var exchanged = 0
        for path in log.segments {
            let whole = try #require(log.files[path])
            let commits = try #require(log.parts[path]).filter { $0.kind == .commit }
            for (number, one) in commits.enumerated() {
                let frame = one.bytes.lowerBound..<(one.bytes.lowerBound + one.frameBytes)
                for two in commits[(number + 1)...] where two.frameBytes == one.frameBytes {
                    var bytes = whole
                    let second = two.bytes.lowerBound..<(two.bytes.lowerBound + two.frameBytes)
                    bytes.replaceSubrange(frame, with: whole[second])
                    bytes.replaceSubrange(second, with: whole[frame])
                    try expectNoticed("\(path): frames at \(frame) and \(second) exchanged") {
                        $0[path] = bytes
                    }
                    exchanged += 1
                }
                let strange = try #require(other.files[path])
                guard other.parts[path]?.contains(one) == true else { continue }
                var bytes = whole
                bytes.replaceSubrange(frame, with: strange[frame])
                try expectNoticed("\(path): another log's frame at \(frame)") { $0[path] = bytes }
                exchanged += 1
            }
            for (number, one) in commits.enumerated() {
                for two in commits[(number + 1)...] {
                    let bytes =
                        whole[..<one.bytes.lowerBound] + whole[two.bytes]
                        + whole[one.bytes.upperBound..<two.bytes.lowerBound] + whole[one.bytes]
                        + whole[two.bytes.upperBound...]
                    try expectNoticed("\(path): commits at \(one.bytes) and \(two.bytes) exchanged") {
                        $0[path] = Array(bytes)
                    }
                }
            }
        }
        #expect(exchanged > 10)
    }

    @Test func `a commit left out in the middle is named`() throws {
        for path in log.segments {
            let whole = try #require(log.files[path])
            for part in try #require(log.parts[path]).dropLast() where part.kind == .commit {
                var bytes = whole
                bytes.removeSubrange(part.bytes)
                try expectNoticed("\(path) without \(part.bytes)") { $0[path] = bytes }
            }
        }
    }

    /// The UUID is told from another only by the database that stores it.
    @Test func `a damaged identity is refused, but for another UUID`() throws {
        let path = DamagedLog.path + "/stream.json"
        let whole = try #require(log.files[path])
        let uuid = Array(LogFixture.uuid.utf8)
        let at = try #require(whole.indices.first { whole[$0...].starts(with: uuid) })
        for index in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[index] ^= 1 << UInt8(bit)
                let disk = try log.disk(path, bytes)
                let isDigit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index]
                let isHexadecimal = isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= bytes[index]
                let isHyphen = whole[index] == UInt8(ascii: "-")
                if at..<(at + 36) ~= index, isHexadecimal, !isHyphen {
                    let found = try LogDirectory(volume: disk, path: DamagedLog.path).identity().uuid
                    #expect(Array(found.utf8) == Array(bytes[at..<(at + 36)]))
                    continue
                }
                let verdict = DamageVerdict(disk)
                let what = "stream.json byte \(index) ^ \(1 << bit)"
                #expect(verdict.read == [] && verdict.readError != nil, "\(what)")
                #expect(verdict.checkError.map { "\($0)".contains(path) } == true, "\(what)")
                #expect(verdict.writeError.map { "\($0)".contains(path) } == true, "\(what)")
            }
        }
        for count in whole.indices.dropLast() {
            let verdict = DamageVerdict(try log.disk(path, Array(whole[..<count])))
            #expect(verdict.checkError != nil && verdict.writeError != nil, "cut to \(count)")
        }
        let lost = DamageVerdict(try log.disk { $0[path] = nil })
        #expect(lost.checkError == .notALog(directory: DamagedLog.path))
        #expect(lost.writeError == .notALog(directory: DamagedLog.path))
    }

    @Test func `a changed byte of a configuration, or of its checksum, is named and never governs`() throws {
        let history = LogDirectory(volume: try log.disk(), path: DamagedLog.path).configurations
        for offset in try history.offsets() {
            let path = history.path(at: offset)
            for file in [path, history.checksumPath(at: offset)] {
                let whole = try #require(log.files[file])
                for index in whole.indices {
                    for bit in 0..<8 {
                        var bytes = whole
                        bytes[index] ^= 1 << UInt8(bit)
                        // A to F for a to f is the same number.
                        let isLetter = UInt8(ascii: "a")...UInt8(ascii: "f") ~= whole[index]
                        if file != path, bit == 5, isLetter { continue }
                        let disk = try log.disk(file, bytes)
                        let what = "\(file) byte \(index) ^ \(1 << bit)"
                        try expectRefused(disk, path, offset, what)
                    }
                }
                for count in whole.indices {
                    // A checksum without its line end says as much.
                    if file != path, count + 1 == whole.count { continue }
                    try expectRefused(
                        try log.disk(file, Array(whole[..<count])),
                        path,
                        offset,
                        "\(file) cut to \(count)"
                    )
                }
            }
        }
    }

    private func expectRefused(_ disk: SimulatedDisk, _ path: String, _ offset: UInt64, _ what: String) throws
    {
        let verdict = DamageVerdict(disk, asWriter: false)
        #expect(verdict.findings.map(\.file) == [path] && !verdict.isIntact, "\(what)")
        #expect(verdict.findings.first?.recordOffset == offset && verdict.read == log.records, "\(what)")
        let history = LogDirectory(volume: disk, path: DamagedLog.path).configurations
        let error = #expect(throws: LogError.self, "\(what)") { try history.read(at: offset) }
        let isDamaged = if case .damaged(path, 0, offset, _) = error { true } else { false }
        #expect(isDamaged, "\(what): \(String(describing: error))")
    }

    /// A crash may leave a checksum without its configuration, so that one alone proves nothing.
    @Test func `a configuration without its checksum is taken as it is`() throws {
        let history = LogDirectory(volume: try log.disk(), path: DamagedLog.path).configurations
        for offset in try history.offsets() {
            let unknown = DamageVerdict(try log.disk { $0[history.checksumPath(at: offset)] = nil })
            #expect(unknown.isIntact && unknown.nextOffset == UInt64(log.records.count))
        }
    }

    /// Power is lost at each change that replaces a configuration: the old or the new one governs, never none.
    @Test func `a configuration that is replaced while power is lost is one of the two`() throws {
        let (old, new) = (Array("{\"old\":1}".utf8), Array("{\"new\":22}".utf8))
        for call in 1...20 {
            let disk = SimulatedDisk()
            let fixture = try LogFixture(disk, DamagedLog.path)
            let writer = try fixture.writer()
            _ = try writer.applyConfiguration(old)
            disk.arm(.losePower, atCall: call)
            var isDone = true
            do throws(LogError) { _ = try writer.applyConfiguration(new) } catch { isDone = false }
            disk.disarm()
            disk.crash(seed: UInt64(call))
            let found = try fixture.directory.configurations.read(at: 0)
            #expect(found == new || (found == old && !isDone), "call \(call)")
            let again = try fixture.writer()
            _ = try again.applyConfiguration(new)
            again.close()
            #expect(try fixture.directory.configurations.read(at: 0) == new, "call \(call)")
            #expect(try fixture.verify().isIntact, "call \(call)")
            if isDone, call > 12 { return }
        }
        Issue.record("twenty changes and the configuration is not replaced yet")
    }

    @Test func `lock files and what a crash leaves are of no weight`() throws {
        for name in ["writer.lock", "maintenance.lock", "x.ndjson.zst.tmp", "challenges/y.json.tmp"] {
            let verdict = DamageVerdict(try log.disk(DamagedLog.path + "/" + name, [0xFF, 0, 10]))
            #expect(
                verdict.isIntact && verdict.read == log.records && verdict.readAfter == log.records,
                "\(name)"
            )
            #expect(verdict.nextOffset == UInt64(log.records.count), "\(name)")
        }
    }
}
