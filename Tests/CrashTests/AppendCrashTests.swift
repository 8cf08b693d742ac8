import Disk
import EventLog
import Foundation
import TestKit
import Testing

/// Makes or reopens a log on `volume` and appends records 0, 1, 2…, one a commit, with a configuration and
/// rolls between.
///
/// Each acknowledged offset is added to the file `acknowledged` with the real volume before the next append.
private func appendUntilKilled(_ volume: any Volume, _ path: String, acknowledged: String) throws {
    try LogDirectory.create(volume: volume, path: path) { "01234567-89ab-4def-8123-456789abcdef" }
    let limits = LogLimits(segmentBytesMax: 400)
    let writer = try LogWriter.open(volume: volume, directory: path, limits: limits) { 1_700_000_000_000 }
    let answers = try LocalVolume().open(acknowledged, .append)
    for _ in 0..<6 {
        let offset = writer.nextOffset
        let line = Array("{\"n\":\(offset)}\n".utf8)
        let content = FrameContent(bytes: line, recordCount: 1, leastTime: 0, greatestTime: 0)
        try answers.append(Array("\(try writer.append(content))\n".utf8))
        if offset % 3 == 1 { _ = try writer.applyConfiguration(line) }
    }
}

@Suite struct AppendCrashTests {
    /// Kills the writer before its n-th disk call, a second time while the next one recovers, then reads what
    /// survived.
    @Test(arguments: 1...60)
    func `a killed writer loses nothing it acknowledged`(call: Int) async throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.path + "/events"
        let answers = temporary.path + "/acknowledged"
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, answers = answers as String, call = call as Int] in
            try appendUntilKilled(KillingDisk(beforeCall: call), path, acknowledged: answers)
            // A run that ends before its time is killed all the same, so that every n is one case.
            kill(getpid(), SIGKILL)
        }
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, answers = answers as String, call = call as Int] in
            try appendUntilKilled(KillingDisk(beforeCall: 1 + call % 7), path, acknowledged: answers)
            kill(getpid(), SIGKILL)
        }
        let volume = LocalVolume()
        try LogDirectory.create(volume: volume, path: path) { "01234567-89ab-4def-8123-456789abcdef" }
        let acknowledged =
            try volume.exists(answers)
            ? try volume.readFile(answers, bytesMax: 1 << 16).split(separator: 0x0A).count : 0
        let writer = try LogWriter.open(volume: volume, directory: path) { 0 }
        // Killed after the commit and before the answer was noted: one more, once for each of the two runs.
        #expect((acknowledged...(acknowledged + 2)).contains(Int(writer.nextOffset)))
        let reader = try LogReader(volume: volume, directory: path, from: 0)
        var text = ""
        while try reader.nextFrame() { text += String(decoding: reader.bytes, as: UTF8.self) }
        #expect(text == (0..<writer.nextOffset).map { "{\"n\":\($0)}\n" }.joined())
        #expect(try LogVerifier.verify(volume: volume, directory: path).findings == [])
    }

    @Test func `the lock of a killed process is free`() async throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.path + "/lock"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let lock = try LocalVolume().tryLock(path)
            kill(getpid(), SIGKILL)
            withExtendedLifetime(lock) {}
        }
        #expect(try LocalVolume().tryLock(path) != nil)
    }
}
