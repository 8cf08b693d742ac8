import ArgumentParser
import EventLog
import Foundation
import Goals
import Jobs

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Look into the event log.",
        subcommands: [LogListCommand.self, LogCatCommand.self, LogVerifyCommand.self]
    )
}

struct LogListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the segments.")

    @OptionGroup var common: CommonOptions

    /// One segment as scripts read it.
    private struct Segment: Encodable {
        let file: String
        let baseOffset: UInt64
        let records: UInt64
        let frames: UInt64
        let rawBytes: UInt64
        let fileBytes: UInt64
        let leastTime: String?
        let greatestTime: String?
        let isSealed: Bool
    }

    func run() async throws {
        try await common.perform {
            let access = LogAccess(try await common.settings())
            let segments = try access.directory.segments().map { segment in
                Segment(
                    file: segment.name.fileName,
                    baseOffset: segment.baseOffset,
                    records: segment.recordCount,
                    frames: segment.frameCount,
                    rawBytes: segment.rawBytes,
                    fileBytes: segment.fileBytes,
                    leastTime: segment.leastTime.map(Self.text),
                    greatestTime: segment.greatestTime.map(Self.text),
                    isSealed: segment.isSealed
                )
            }
            try common.print(
                segments,
                lines: segments.map { segment in
                    "\(segment.file)  \(Terminal.grouped(segment.records)) records  "
                        + "\(Terminal.bytes(segment.fileBytes)) of \(Terminal.bytes(segment.rawBytes))  "
                        + "\(segment.leastTime ?? "–") … \(segment.greatestTime ?? "–")  "
                        + (segment.isSealed ? "sealed" : "open")
                }
            )
        }
    }

    private static func text(_ milliseconds: Int64) -> String {
        RFC3339.text(Timestamp(microseconds: milliseconds * 1000))
    }
}

struct LogVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read the whole log and check every byte of it.",
        discussion: """
            Checksums, footers, seek tables, the order of segments and the configurations. Each finding names file,
            byte and record. Exit code 65 when a committed record is damaged.
            """
    )

    @OptionGroup var common: CommonOptions

    /// What was checked and found, as scripts read it.
    private struct Report: Encodable {
        let segments: Int
        let records: UInt64
        let isIntact: Bool
        let findings: [String]
    }

    func run() async throws {
        try await common.perform {
            let access = LogAccess(try await common.settings())
            let found = try LogVerifier.verify(volume: access.volume, directory: access.directory.path)
            let report = Report(
                segments: found.segmentCount,
                records: found.recordCount,
                isIntact: found.isIntact,
                findings: found.findings.map(\.description)
            )
            let sum = "\(Terminal.grouped(found.recordCount)) records in \(found.segmentCount) segments: "
            try common.print(
                report,
                lines: report.findings + [sum + (found.isIntact ? "intact" : "DAMAGED")]
            )
            if !found.isIntact { throw ExitCode(ExitStatus.badData.rawValue) }
        }
    }
}
