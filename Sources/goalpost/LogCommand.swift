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

struct LogCatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print records, one a line, in log order.",
        discussion: """
            --from-time starts at the first frame that holds an event of that time or later, so that earlier ones may
            come with it. What lies before the start is not decompressed.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("from-offset"), help: "Start at this record; counts from 0.")
    var fromOffset: UInt64?

    @Option(name: .customLong("from-time"), help: "Start at this event time, RFC 3339.")
    var fromTime: String?

    func validate() throws {
        if fromOffset != nil, fromTime != nil {
            throw ValidationError("give --from-offset or --from-time, not both")
        }
    }

    func run() async throws {
        try await common.perform {
            let access = LogAccess(try await common.settings())
            let start: UInt64
            if let fromOffset {
                start = fromOffset
            } else if let fromTime {
                start = try access.directory.offset(atTime: try TimeArgument.parse(fromTime).milliseconds)
            } else {
                start = try access.directory.firstOffset()
            }
            let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: start)
            while try reader.nextFrame() { try Terminal.write(reader.bytes) }
        }
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
