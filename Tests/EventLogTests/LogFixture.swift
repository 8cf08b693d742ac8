import Disk
import EventLog
import Synchronization
import TestKit
import Testing

/// A log on some volume, with a clock that the test moves.
final class LogFixture: Sendable {
    static let uuid = "01234567-89ab-4def-8123-456789abcdef"

    let volume: any Volume
    let path: String
    private let clock = Mutex<Int64>(1_700_000_000_000)

    /// Makes an empty log at `path`.
    init(_ volume: any Volume, _ path: String) throws {
        self.volume = volume
        self.path = path
        try LogDirectory.create(volume: volume, path: path) { Self.uuid }
    }

    var directory: LogDirectory { LogDirectory(volume: volume, path: path) }

    func tick(_ milliseconds: Int64) { clock.withLock { $0 += milliseconds } }

    func writer(_ limits: LogLimits = LogLimits()) throws(LogError) -> LogWriter {
        try LogWriter.open(volume: volume, directory: path, limits: limits) { self.clock.withLock { $0 } }
    }

    func reader(from offset: UInt64 = 0) throws(LogError) -> LogReader {
        try LogReader(volume: volume, directory: path, from: offset)
    }

    func segment(_ base: UInt64) -> String { path + "/" + SegmentName(baseOffset: base).fileName }

    func verify() throws(LogError) -> LogVerification {
        try LogVerifier.verify(volume: volume, directory: path)
    }

    /// All records from `offset` on.
    func records(from offset: UInt64 = 0) throws(LogError) -> [String] {
        let reader = try reader(from: offset)
        var lines: [String] = []
        while try reader.nextFrame() {
            #expect(reader.baseOffset == offset + UInt64(lines.count))
            let frame = splitLines(Array(reader.bytes))
            #expect(frame.count == reader.recordCount)
            lines += frame
        }
        #expect(reader.nextOffset == offset + UInt64(lines.count))
        return lines
    }
}

/// The records `from ..< from + count` of a numbered stream: each line is unlike every other.
func numbered(_ from: UInt64, _ count: Int) -> [String] {
    (from..<(from + UInt64(count))).map { "{\"id\":\"e\($0)\",\"userId\":\"p\($0 &* 7919 % 101)\"}" }
}

/// A frame of these lines; event times start at `time`, a millisecond apart.
func frame(_ lines: [String], time: Int64 = 1_000, source: SourcePosition? = nil) -> FrameContent {
    FrameContent(
        bytes: Array(lines.map { $0 + "\n" }.joined().utf8),
        recordCount: UInt32(lines.count),
        leastTime: time,
        greatestTime: time + Int64(max(lines.count, 1) - 1),
        source: source
    )
}

func splitLines(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
}

extension LogWriter {
    /// Appends `commits` frames of `count` numbered records each.
    func appendNumbered(_ commits: Int, of count: Int) throws(LogError) {
        for _ in 0..<commits {
            let start = nextOffset
            #expect(try append(frame(numbered(start, count), time: Int64(start))) == start)
        }
    }
}
