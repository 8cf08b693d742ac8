import Disk
import EventLog
import Foundation
import Goals
import Ingest
import TestKit
import Testing

/// The machine stops at every disk call of an ingest, and the same ingest is simply run again.
@Suite struct IngestPowerLossTests {
    private static let now = Timestamp(microseconds: 1_767_225_600_000_000)
    private static let log = "/data/log/events"
    private static let quarantine = "/data/log/quarantine"

    /// Good and bad lines, of which some are too long to hold, the last without its end.
    private static let lines: [String] = (0..<30).map { number in
        switch number % 6 {
        case 1: "bad \(number)"
        case 3: number == 15 ? String(repeating: "x", count: 70_000) : "{\"also bad\":\(number)}"
        case 5:
            #"{"name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","userId":"u\#(number)"}"#
        default:
            #"{"id":"e\#(number)","name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","userId":"u"}"#
        }
    }

    private static func ingest(_ disk: SimulatedDisk, _ path: String) throws {
        try LogDirectory.create(
            volume: disk,
            path: log,
            makeUUID: { "6f1c2f0e-7a53-4c35-9b37-0d3a5c1f2b11" }
        )
        let writer = try LogWriter.open(volume: disk, directory: log, now: { now.milliseconds })
        defer { writer.close() }
        let ingest = LineIngest(
            writer: writer,
            quarantine: Quarantine(volume: disk, directory: quarantine),
            admission: EventAdmission(namespace: Identifier("game"), window: DedupeWindow(capacity: 0)),
            frameBytes: 300,
            now: { now }
        )
        _ = try ingest.ingest(try InputFile.open(path), source: "s")
    }

    @Test(arguments: UInt64(1)...6)
    func `every line is in the log or in quarantine exactly once`(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/input"
        try LocalVolume().atomicWrite(Array(Self.lines.joined(separator: "\n").utf8), to: path)
        let whole = SimulatedDisk()
        try Self.ingest(whole, path)
        let calls = whole.callCount
        #expect(calls > 40)
        try Self.expectAll(whole, "without a failure")
        for call in 1...calls {
            let disk = SimulatedDisk()
            disk.arm(.losePower, atCall: call)
            #expect(throws: (any Error).self) { try Self.ingest(disk, path) }
            disk.disarm()
            disk.crash(seed: seed &* 1000 &+ UInt64(call))
            try Self.ingest(disk, path)
            // And once more, which has nothing left to do.
            try Self.ingest(disk, path)
            try Self.expectAll(disk, "seed \(seed), call \(call)")
        }
    }

    private static func expectAll(_ disk: SimulatedDisk, _ when: Comment) throws {
        let reader = try LogReader(volume: disk, directory: log, from: 0)
        var users: [String] = []
        while try reader.nextFrame() {
            for record in reader.bytes.split(separator: UInt8(ascii: "\n")) {
                let event = try JSONSerialization.jsonObject(with: Data(record)) as? [String: Any]
                users.append((event?["id"] as? String ?? "") + (event?["userId"] as? String ?? ""))
            }
        }
        let good = lines.filter { $0.contains("userLoggedIn") }
        #expect(users.count == good.count && Set(users).count == good.count, when)

        var refused: [UInt64: Int] = [:]
        for name in try disk.list(quarantine) where name.hasSuffix(".ndjson") {
            let bytes = try disk.readFile(quarantine + "/" + name, bytesMax: 1 << 24)
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let entry = try #require(
                    try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                    when
                )
                refused[try #require(entry["byteOffset"] as? UInt64), default: 0] += 1
                if let file = entry["file"] as? String {
                    #expect(try disk.fileSize(quarantine + "/" + file) == 70_000, when)
                }
            }
        }
        #expect(refused.count == lines.count - good.count && refused.values.allSatisfy { $0 == 1 }, when)
    }
}
