import Disk
import EventLog
import Foundation
import TestKit
import Testing

@Suite struct CommittedSegmentTests {
    private let disk = SimulatedDisk()

    private func writer(segmentBytesMax: UInt64 = 300) throws -> LogWriter {
        try LogDirectory.create(volume: disk, path: "/log") { "01234567-89ab-4def-8123-456789abcdef" }
        return try LogWriter.open(
            volume: disk,
            directory: "/log",
            limits: LogLimits(segmentBytesMax: segmentBytesMax)
        ) { 1_700_000_000_000 }
    }

    private func append(_ writer: LogWriter, _ count: Int) throws {
        for _ in 0..<count {
            let line = Array("{\"n\":\(writer.nextOffset)}\n".utf8)
            _ = try writer.append(FrameContent(bytes: line, recordCount: 1, leastTime: 0, greatestTime: 0))
        }
    }

    private var directory: LogDirectory { LogDirectory(volume: disk, path: "/log") }

    @Test func `segments follow each other and end where the log ends`() throws {
        let writer = try writer()
        #expect(try directory.committed() == [])
        try append(writer, 20)
        let segments = try directory.committed()
        #expect(segments.count > 2)
        #expect(segments.dropLast().allSatisfy { $0.isSealed })
        #expect(segments.last?.nextOffset == 20)
        for (one, next) in zip(segments, segments.dropFirst()) {
            #expect(one.nextOffset == next.name.baseOffset)
        }
        for segment in segments {
            #expect(try disk.fileSize(segment.path) == segment.byteCount)
            #expect(try disk.identity(segment.path) == segment.identity)
        }
    }

    @Test func `bytes of a commit under way are left out`() throws {
        let writer = try writer(segmentBytesMax: 100_000)
        try append(writer, 3)
        let before = try directory.committed()
        let path = try #require(before.last?.path)
        let size = try disk.fileSize(path)
        try disk.open(path, .readWrite).write([0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3], at: size)
        #expect(try directory.committed() == before)
    }

    @Test func `damage before committed frames and missing segments are named`() throws {
        let writer = try writer()
        try append(writer, 20)
        let segments = try directory.committed()
        try disk.remove(segments[1].path)
        #expect(
            throws: LogError.gap(
                file: segments[2].path,
                expectedOffset: segments[1].name.baseOffset,
                foundOffset: segments[2].name.baseOffset
            )
        ) { try directory.committed() }

        let other = SimulatedDisk()
        try LogDirectory.create(volume: other, path: "/log") { "01234567-89ab-4def-8123-456789abcdef" }
        let whole = try LogWriter.open(volume: other, directory: "/log") { 1_700_000_000_000 }
        try append(whole, 5)
        let log = LogDirectory(volume: other, path: "/log")
        let path = try #require(try log.committed().last?.path)
        try other.open(path, .readWrite).write([0, 0, 0, 0], at: 0)
        #expect {
            try log.committed()
        } throws: { error in
            if case LogError.damaged(let file, 0, 0, _) = error { file == path } else { false }
        }
    }
}
