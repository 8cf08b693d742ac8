package import Disk
import Foundation

/// `restore.json` in a data directory: a restore into it has begun and has not ended.
///
/// It comes before anything else and goes after everything else, so a killed restore is told from a whole one.
package struct RestoreMarker: Codable, Hashable, Sendable {
    package static let fileName = "restore.json"
    /// Its lock is held while a restore is at work.
    package static let lockName = "restore.lock"
    private static let bytesMax = 64 * 1024

    /// Of the manifest of the backup that is being restored.
    package let manifestSHA256: String
    /// UUID that the restored database gets, made once: by it a restore that goes on knows its own work.
    package let databaseID: String
    /// Whether the dump is left out.
    package let isLogOnly: Bool

    package init(manifestSHA256: String, databaseID: String, isLogOnly: Bool) {
        (self.manifestSHA256, self.databaseID, self.isLogOnly) = (manifestSHA256, databaseID, isLogOnly)
    }

    /// Throws `restoreUnfinished` where a restore has not ended: nothing else may work there.
    package static func requireNone(in directory: String, volume: any Volume) throws(BackupError) {
        let path = directory + "/" + fileName
        if try onDisk({ () throws(DiskError) in try volume.exists(path) }) {
            throw .restoreUnfinished(directory)
        }
    }

    /// The marker in a directory, nil where there is none.
    package static func read(in directory: String, volume: any Volume) throws(BackupError) -> RestoreMarker? {
        let path = directory + "/" + fileName
        guard try onDisk({ () throws(DiskError) in try volume.exists(path) }) else { return nil }
        let bytes = try onDisk { () throws(DiskError) in try volume.readFile(path, bytesMax: bytesMax) }
        do {
            return try JSONDecoder().decode(RestoreMarker.self, from: Data(bytes))
        } catch {
            throw .otherRestore(directory)
        }
    }

    package func write(in directory: String, volume: any Volume) throws(BackupError) {
        let text =
            "{\"manifestSHA256\":\"\(manifestSHA256)\",\"databaseID\":\"\(databaseID)\",\"isLogOnly\":\(isLogOnly)}\n"
        try onDisk { () throws(DiskError) in
            try volume.atomicWrite(Array(text.utf8), to: directory + "/" + Self.fileName)
        }
    }

    /// Ends the restore, durably.
    package static func remove(in directory: String, volume: any Volume) throws(BackupError) {
        try onDisk { () throws(DiskError) in
            try volume.remove(directory + "/" + fileName)
            try volume.syncDirectory(directory)
        }
    }
}
