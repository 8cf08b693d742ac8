import Disk
import EventLog
import TestKit
import Testing

/// What everyone who opens a log makes of it: the check, a reader from the start, and then a writer.
struct DamageVerdict {
    let findings: [LogVerification.Finding]
    let isIntact: Bool
    /// What the check threw instead of a result.
    let checkError: LogError?
    /// Records that a reader from 0 got, and what ended it.
    let read: [String]
    let readError: LogError?
    /// The offset that a writer goes on with, what it mended, and why it refused.
    let nextOffset: UInt64?
    let recovery: RecoveryReport?
    let writeError: LogError?
    /// What a reader gets after the writer mended.
    let readAfter: [String]

    /// Runs all three over the log on `disk`; `asWriter` false leaves the writer away, and the disk as it is.
    init(_ disk: SimulatedDisk, asWriter: Bool = true) {
        do throws(LogError) {
            let found = try LogVerifier.verify(volume: disk, directory: DamagedLog.path)
            (findings, isIntact, checkError) = (found.findings, found.isIntact, nil)
        } catch {
            (findings, isIntact, checkError) = ([], false, error)
        }
        (read, readError) = Self.records(disk, from: 0)
        guard asWriter else {
            (nextOffset, recovery, writeError, readAfter) = (nil, nil, nil, [])
            return
        }
        do throws(LogError) {
            let writer = try LogWriter.open(volume: disk, directory: DamagedLog.path, now: { 0 })
            (nextOffset, recovery, writeError) = (writer.nextOffset, writer.recovery, nil)
            writer.close()
        } catch {
            (nextOffset, recovery, writeError) = (nil, nil, error)
        }
        readAfter = Self.records(disk, from: 0).records
    }

    /// The records from `offset` on, as far as a reader gets, and what stopped it.
    static func records(_ disk: SimulatedDisk, from offset: UInt64) -> (records: [String], error: LogError?) {
        var records: [String] = []
        do throws(LogError) {
            let reader = try LogReader(volume: disk, directory: DamagedLog.path, from: offset)
            while try reader.nextFrame() { records += splitLines(Array(reader.bytes)) }
            return (records, nil)
        } catch {
            return (records, error)
        }
    }

    /// Whether some check, reader or writer told of it.
    var isNoticed: Bool { !findings.isEmpty || checkError != nil }

    /// Holds for every damage: what is read is a beginning of what was written, and who stops earlier says why.
    ///
    /// `mayEndEarly`: the damage takes away the end of the log, which looks like a log that never had it.
    func expectTruth(
        _ log: DamagedLog,
        _ what: @autoclosure () -> String,
        mayEndEarly: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let all = log.records
        #expect(
            read == Array(all.prefix(read.count)),
            "\(what()): wrong records",
            sourceLocation: sourceLocation
        )
        #expect(
            readAfter == Array(all.prefix(readAfter.count)),
            "\(what()): wrong records after the writer",
            sourceLocation: sourceLocation
        )
        if readError == nil, !mayEndEarly {
            #expect(read.count == all.count, "\(what()): ends early", sourceLocation: sourceLocation)
        }
        if let nextOffset {
            let isWhole = nextOffset == UInt64(all.count)
            #expect(
                isWhole || mayEndEarly,
                "\(what()): the writer goes on at \(nextOffset)",
                sourceLocation: sourceLocation
            )
        }
        // Who refuses names a file of the log.
        for error in [checkError, readError, writeError].compactMap(\.self) {
            #expect(
                "\(error)".contains(DamagedLog.path + "/"),
                "\(what()): \(error)",
                sourceLocation: sourceLocation
            )
        }
    }
}
