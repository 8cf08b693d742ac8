import Backup
import Disk
import EventLog
import Foundation
import Jobs
import Logging
import Settings
import Synchronization
import TestKit
import Testing

/// The real volume, with something that happens before the n-th file is linked or opened below a directory.
private final class MeddlingVolume: ForwardingVolume {
    let base: any Volume = LocalVolume()
    private let directory: String
    private let acts: @Sendable (Int) throws(DiskError) -> Void
    private let count = Mutex(0)

    init(below directory: String, _ acts: @escaping @Sendable (Int) throws(DiskError) -> Void) {
        (self.directory, self.acts) = (directory, acts)
    }

    func hardLink(_ path: String, to target: String) throws(DiskError) {
        if path.hasPrefix(directory) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            try acts(number)
        }
        try base.hardLink(path, to: target)
    }
}

/// A backup while compaction and retention change the log under it.
@Suite struct BackupUnderChangeTests {
    private let directory: TemporaryDirectory
    private let settings: Settings
    private var log: LogDirectory { LogDirectory(volume: LocalVolume(), path: settings.data + "/log/events") }

    init() async throws {
        directory = try TemporaryDirectory()
        settings = try await Settings.load(
            data: directory.path + "/data",
            options: [.namespace: ("test", "demo")],
            environment: [:]
        )
        try LogDirectory.create(volume: LocalVolume(), path: settings.data + "/log/events") {
            "01234567-89ab-4def-8123-456789abcdef"
        }
        let writer = try LogWriter.open(
            volume: LocalVolume(),
            directory: settings.data + "/log/events",
            limits: LogLimits(segmentBytesMax: 400)
        ) { 1_700_000_000_000 }
        for number in 0..<60 {
            let line = Array("{\"n\":\(number)}\n".utf8)
            _ = try writer.append(FrameContent(bytes: line, recordCount: 1, leastTime: 0, greatestTime: 0))
        }
        writer.close()
    }

    private func backup(_ acts: @escaping @Sendable (Int) throws(DiskError) -> Void) async throws
        -> BackupJob.Report
    {
        let volume = MeddlingVolume(below: settings.data + "/log/events", acts)
        return try await BackupJob(
            settings: settings,
            access: LogAccess(settings, volume: volume),
            version: "test",
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).run(to: directory.path + "/backup")
    }

    private func expectWhole(_ report: BackupJob.Report, first: UInt64) async throws {
        #expect(report.logFirst == first && report.logEnd == 60)
        let verified = try await BackupVerifyJob(directory: directory.path + "/backup", settings: settings)
            .run()
        #expect(verified.findings == [])
        #expect(verified.records == 60 - first)
    }

    @Test(arguments: 1...6)
    func `a segment that compaction replaces is taken as it is then`(call: Int) async throws {
        let paths = try log.committed().filter(\.isSealed).map(\.path)
        #expect(paths.count > 6)
        let report = try await backup { (number) throws(DiskError) in
            guard number == call else { return }
            // What compaction does: another file with the same records takes the name.
            for path in paths {
                let volume = LocalVolume()
                try volume.atomicWrite(try volume.readFile(path, bytesMax: 1 << 20), to: path)
            }
        }
        try await expectWhole(report, first: 0)
    }

    @Test(arguments: 1...6, 1...3)
    func `segments that retention removes are left out, without a gap`(call: Int, removed: Int) async throws {
        let segments = try log.committed()
        let report = try await backup { (number) throws(DiskError) in
            guard number == call else { return }
            for segment in segments.prefix(removed) { try LocalVolume().remove(segment.path) }
        }
        // Those that were linked before they went may be in it or not; all after them must be.
        #expect(report.logFirst <= segments[removed].name.baseOffset)
        try await expectWhole(report, first: report.logFirst)
    }

    @Test func `a log that never stands still ends in a clear error`() async throws {
        let path = try #require(try log.committed().filter(\.isSealed).first).path
        await #expect {
            _ = try await backup { (_) throws(DiskError) in
                let volume = LocalVolume()
                try volume.atomicWrite(try volume.readFile(path, bytesMax: 1 << 20), to: path)
            }
        } throws: { error in
            JobError(error).status == .tryAgain && JobError(error).message.contains("compact")
        }
    }

    @Test func `a gap that was there before is named as damage`() async throws {
        let segments = try log.committed()
        try LocalVolume().remove(segments[2].path)
        await #expect {
            _ = try await backup { _ in }
        } throws: { error in
            JobError(error).status == .badData && JobError(error).message.contains(segments[3].path)
        }
    }
}
