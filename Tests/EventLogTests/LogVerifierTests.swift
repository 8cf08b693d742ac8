import Disk
import EventLog
import TestKit
import Testing

@Suite struct LogVerifierTests {
    private let disk = SimulatedDisk()
    private let log: LogFixture

    init() throws { log = try LogFixture(disk, "/events") }

    private func fill() throws {
        let writer = try log.writer()
        for round in UInt64(0)..<2 {
            try writer.appendNumbered(2, of: 2)
            let source = SourcePosition(name: "lines", byteOffset: round)
            _ = try writer.append(frame(numbered(writer.nextOffset, 2), source: source))
            try writer.seal()
        }
        try writer.appendNumbered(1, of: 2)
        writer.close()
    }

    @Test func `an intact log is counted`() throws {
        try fill()
        let result = try log.verify()
        #expect(result.findings == [] && result.isIntact)
        #expect((result.segmentCount, result.commitCount, result.recordCount) == (3, 7, 14))
        #expect(result.rawBytes == UInt64(numbered(0, 14).reduce(0) { $0 + $1.utf8.count + 1 }))
    }

    /// No byte is exempt: frames are under the checksum in their footers, footers and seals under their own,
    /// and the seek table is compared with the frames.
    @Test(arguments: [UInt8(0x01), 0x10, 0x80, 0xFF])
    func `every byte of a sealed segment is vouched for`(flip: UInt8) throws {
        try fill()
        for base in [UInt64(0), 6] {
            let whole = try #require(disk.contents(log.segment(base)))
            for index in whole.indices {
                var damaged = whole
                damaged[index] ^= flip
                disk.place(damaged, at: log.segment(base))
                let result = try verify()
                #expect(!result.isIntact, "byte \(index) of \(whole.count)")
            }
            disk.place(whole, at: log.segment(base))
        }
        #expect(try log.verify().findings == [])
    }

    @Test func `every byte of the open segment is vouched for`() throws {
        try fill()
        let whole = try #require(disk.contents(log.segment(12)))
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 0x10
            disk.place(damaged, at: log.segment(12))
            #expect(try !verify().findings.isEmpty)
        }
    }

    /// A flipped version byte throws nothing: its checksum no longer fits, so it is damage.
    private func verify() throws -> LogVerification { try log.verify() }

    @Test func `an unfinished append is no damage`() throws {
        try fill()
        let whole = try #require(disk.contents(log.segment(12)))
        disk.place(whole + whole.prefix(30), at: log.segment(12))
        let result = try log.verify()
        #expect(result.isIntact)
        #expect(result.findings.map(\.byteOffset) == [UInt64(whole.count)])
        #expect(result.findings.first?.recordOffset == 14)
    }

    @Test func `bytes after the seek table, missing seals and empty segments are found`() throws {
        try fill()
        let whole = try #require(disk.contents(log.segment(0)))
        disk.place(whole + [0], at: log.segment(0))
        #expect(try !log.verify().isIntact)
        let sealOffset = whole.count - (8 + 7 * 8 + 9) - (68 + 17 + 5)
        disk.place(Array(whole[..<sealOffset]), at: log.segment(0))
        #expect(try log.verify().findings.map(\.what) == ["has no seal although another segment follows"])
        disk.place(whole, at: log.segment(0))
        disk.place([], at: log.segment(14))
        #expect(try log.verify().findings.contains { $0.what == "is empty" })
    }
}
