import Disk
import EventLog
import Foundation
import TestKit
import Testing

private let uuid = "01234567-89ab-4def-8123-456789abcdef"
private let recordCount = 121

/// Makes a log of four sealed segments of 30 records, one a commit, and an open one.
private func makeLog(_ path: String) throws {
    try LogDirectory.create(volume: LocalVolume(), path: path) { uuid }
    let writer = try LogWriter.open(volume: LocalVolume(), directory: path) { 0 }
    for record in 0..<recordCount {
        let source = SourcePosition(name: "s", byteOffset: UInt64(record))
        let line = Array("{\"n\":\(record)}\n".utf8)
        let content = FrameContent(bytes: line, recordCount: 1, leastTime: 0, greatestTime: 0, source: source)
        _ = try writer.append(content)
        if record % 30 == 29 { try writer.seal() }
    }
}

private func compact(_ volume: any Volume, _ path: String) throws {
    let compactor = try LogCompactor.open(volume: volume, directory: path)
    while try compactor.step() != .finished {}
}

private func retain(_ volume: any Volume, _ path: String) throws {
    _ = try LogRetention(volume: volume, directory: path, policy: .bytes(0), limits: [], now: 0).apply()
}

/// The process is killed before every call that changes something, and what it left is read.
@Suite struct MaintenanceCrashTests {
    private static func expectWhole(_ path: String, from: UInt64) throws {
        let volume = LocalVolume()
        let reader = try LogReader(volume: volume, directory: path, from: from)
        var text = ""
        while try reader.nextFrame() { text += String(decoding: reader.bytes, as: UTF8.self) }
        #expect(text == (from..<UInt64(recordCount)).map { "{\"n\":\($0)}\n" }.joined())
        #expect(try LogVerifier.verify(volume: volume, directory: path).findings == [])
        let writer = try LogWriter.open(volume: volume, directory: path) { 0 }
        #expect(writer.nextOffset == UInt64(recordCount))
        #expect(writer.sourcePosition(of: "s") == UInt64(recordCount - 1))
    }

    @Test(arguments: 1...36)
    func `a killed compaction leaves whole segments, and the next one ends its work`(call: Int) async throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.path + "/events"
        try makeLog(path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, call = call as Int] in
            try compact(KillingDisk(beforeCall: call), path)
            // A run that ends before its time is killed all the same, so that every n is one case.
            kill(getpid(), SIGKILL)
        }
        try Self.expectWhole(path, from: 0)
        try compact(LocalVolume(), path)
        try Self.expectWhole(path, from: 0)
        let names = try LocalVolume().list(path)
        #expect(!names.contains { $0.hasSuffix(".tmp") })
        let segments = try LogDirectory(volume: LocalVolume(), path: path).segments()
        #expect(segments.map(\.frameCount) == [1, 1, 1, 1, 1])
    }

    @Test(arguments: 1...14)
    func `a killed deletion leaves no gap, and the next one ends its work`(call: Int) async throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.path + "/events"
        try makeLog(path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, call = call as Int] in
            try retain(KillingDisk(beforeCall: call), path)
            kill(getpid(), SIGKILL)
        }
        let log = LogDirectory(volume: LocalVolume(), path: path)
        try Self.expectWhole(path, from: log.firstOffset())
        try retain(LocalVolume(), path)
        #expect(try log.firstOffset() == 90)
        try Self.expectWhole(path, from: 90)
    }

    @Test func `a killed reader holds nothing`() async throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.path + "/events"
        try makeLog(path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let hold = try LogHold(volume: LocalVolume(), directory: path, from: 0, reader: "replay") { "x" }
            try retain(LocalVolume(), path)
            // Held back while it lives.
            guard try LogDirectory(volume: LocalVolume(), path: path).firstOffset() == 0 else { exit(1) }
            kill(getpid(), SIGKILL)
            withExtendedLifetime(hold) {}
        }
        try retain(LocalVolume(), path)
        #expect(try LogDirectory(volume: LocalVolume(), path: path).firstOffset() == 90)
    }
}
