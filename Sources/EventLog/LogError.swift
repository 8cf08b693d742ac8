package import Disk

/// Why the log refuses, with the file and place it is about.
package enum LogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file-system call failed; the error says which and what to do.
    case disk(DiskError)
    /// zstd refused for a reason that is not the data's, such as missing memory.
    case compression(String)
    /// There is no stream.json in the directory: no log was made there.
    case notALog(directory: String)
    /// stream.json cannot be used.
    case identityDamaged(file: String, reason: String)
    /// Another writer holds the log; its process id where the lock file tells it.
    case writerLocked(directory: String, processID: Int32?)
    /// Another process compacts the log or deletes from it; its process id where the lock file tells it.
    case maintenanceLocked(directory: String, processID: Int32?)
    /// A segment written anew does not read back as it should; the old file was left as it was.
    case rewriteMismatch(file: String, byteOffset: UInt64, reason: String)
    /// A hold's reader cannot be named so, or too many holds are there.
    case holdRefused(reason: String)
    /// Committed bytes are not what was written: stop, and restore the file from a copy.
    case damaged(file: String, byteOffset: UInt64, recordOffset: UInt64, reason: String)
    /// A later version of this program wrote the file.
    case newerFormat(file: String, byteOffset: UInt64, version: UInt8)
    /// Records are missing between two segments.
    case gap(file: String, expectedOffset: UInt64, foundOffset: UInt64)
    /// A configuration governs records after the log's end: the log lost its end.
    case configurationBeyondEnd(file: String, end: UInt64)
    /// A configuration that cannot be stored or found.
    case configurationRefused(reason: String)
    /// The caller's bytes are no run of records; nothing was written.
    case invalidFrame(reason: String)
    /// An earlier write failed, so that the file's state is unknown: call `reopen`.
    case poisoned(reason: String)
    /// The offset lies after the last committed record.
    case offsetBeyondEnd(offset: UInt64, end: UInt64)
    /// The records from the offset on were deleted by retention; `first` is the oldest there is.
    case offsetRetained(offset: UInt64, first: UInt64)
    /// Records that were read before they were durable are gone: their writer failed and cut them.
    case takenBack(offset: UInt64)
    /// Too many bytes wait to be committed; both in bytes.
    case queueFull(waitingBytes: Int, limit: Int)
    /// The writer or queue was closed.
    case closed

    package var description: String {
        switch self {
        case .disk(let error): error.description
        case .compression(let reason): "cannot use zstd: \(reason)"
        case .notALog(let directory):
            "\(directory) holds no event log (no stream.json): run `goalpost init`, "
                + "or correct the data directory"
        case .identityDamaged(let file, let reason):
            "\(file) cannot be used: \(reason); restore it from a copy, "
                + "or from the UUID that the database stores"
        case .writerLocked(let directory, let processID):
            "another writer\(processID.map { " (process \($0))" } ?? "") holds \(directory): "
                + "wait for it to end, or stop it"
        case .maintenanceLocked(let directory, let processID):
            "maintenance of \(directory) runs elsewhere\(processID.map { " (process \($0))" } ?? ""): "
                + "wait for it to end, or run again later"
        case .rewriteMismatch(let file, let byteOffset, let reason):
            "\(file) was left as it was, for its new copy is wrong at byte \(byteOffset): \(reason); "
                + "look at dmesg and check disk and memory before trusting them again"
        case .holdRefused(let reason): "cannot hold records back from deletion: \(reason)"
        case .damaged(let file, let byteOffset, let recordOffset, let reason):
            "\(file) is damaged at byte \(byteOffset) (record \(recordOffset)): \(reason); "
                + "restore the file from a copy, then run `goalpost log verify`"
        case .newerFormat(let file, let byteOffset, let version):
            "\(file) has format version \(version) at byte \(byteOffset), newer than this program: upgrade it"
        case .gap(let file, let expected, let found):
            "records \(expected) to \(found == 0 ? 0 : found - 1) are missing before \(file): "
                + "restore the missing segment from a copy"
        case .configurationBeyondEnd(let file, let end):
            "\(file) governs records after the log's end at \(end): the log lost records at its end; "
                + "restore the last segments from a copy"
        case .configurationRefused(let reason): "cannot use the configuration: \(reason)"
        case .invalidFrame(let reason): "the records cannot be appended: \(reason)"
        case .poisoned(let reason):
            "the log refuses to append since a write failed (\(reason)): remove the cause, then reopen it"
        case .offsetBeyondEnd(let offset, let end):
            "offset \(offset) lies beyond the log's end at \(end): this is another log, or it lost its end"
        case .offsetRetained(let offset, let first):
            "records from \(offset) on were deleted by retention: the oldest record is \(first)"
        case .takenBack(let offset):
            "records from \(offset) on were read before their writer failed to make them durable and took them "
                + "back: run again"
        case .queueFull(let waiting, let limit):
            "\(waiting) bytes wait to be written (limit \(limit)): send again later, more slowly"
        case .closed: "the log was closed"
        }
    }
}

/// Runs disk calls inside code that throws `LogError`.
func onDisk<Value>(_ body: () throws(DiskError) -> Value) throws(LogError) -> Value {
    do throws(DiskError) { return try body() } catch { throw .disk(error) }
}
