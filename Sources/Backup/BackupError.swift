package import Disk

/// Why a backup cannot be made, read or restored; a case for each thing a caller does.
package enum BackupError: Error, Hashable, Sendable, CustomStringConvertible {
    case disk(DiskError)
    /// The directory is not there.
    case notABackup(String)
    /// The directory has no manifest: whoever made it did not get to the end.
    case unfinished(String)
    /// The manifest cannot be used.
    case manifestDamaged(file: String, reason: String)
    /// A later version of this program made the backup.
    case newerFormat(file: String, version: Int)
    /// Something is where a new directory is to be.
    case targetNotEmpty(String, found: String)
    /// An unfinished restore of another backup lies there.
    case otherRestore(String)
    /// A restore is at work, or was ended before it was done.
    case restoreUnfinished(String)
    /// Another process is restoring into the directory now.
    case restoreRunning(String)
    /// A file is not what the manifest says.
    case fileChanged(String, reason: String)
    /// There is not enough room; both in bytes.
    case noSpace(String, needed: UInt64, free: UInt64)

    package var description: String {
        switch self {
        case .disk(let error): error.description
        case .notABackup(let directory):
            "\(directory) is not there: give the directory that `goalpost backup` made"
        case .unfinished(let directory):
            "\(directory) has no \(BackupManifest.fileName), so the backup was not finished: "
                + "use another one, or remove it and back up again"
        case .manifestDamaged(let file, let reason):
            "\(file) cannot be used: \(reason); use another backup, or a copy of this one"
        case .newerFormat(let file, let version):
            "\(file) has format version \(version), newer than this program: use the newer program"
        case .targetNotEmpty(let directory, let found):
            "\(directory) is not empty (it holds \(found)): give an empty or a new directory"
        case .otherRestore(let directory):
            "an unfinished restore of another backup, or one with other options, lies in \(directory): "
                + "run that one again, or remove the directory"
        case .restoreUnfinished(let directory):
            "a restore into \(directory) is not finished: let it end, or run `goalpost restore` again, "
                + "which goes on where it was"
        case .restoreRunning(let directory):
            "another process is restoring into \(directory): let it end"
        case .fileChanged(let file, let reason): "\(file) is not what was backed up: \(reason)"
        case .noSpace(let directory, let needed, let free):
            "\(directory) has \(free) bytes free, about \(needed) are needed: free space, or use another disk"
        }
    }
}

/// Runs disk calls inside code that throws `BackupError`.
func onDisk<Value>(_ body: () throws(DiskError) -> Value) throws(BackupError) -> Value {
    do throws(DiskError) { return try body() } catch { throw .disk(error) }
}
