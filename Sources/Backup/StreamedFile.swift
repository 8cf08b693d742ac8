import Crypto
package import Disk
import Foundation

/// A new file that is written front to back, with its SHA-256 taken on the way.
package final class StreamedFile {
    private let file: any OpenFile
    private var hash = SHA256()
    package private(set) var bytes: UInt64 = 0

    package init(volume: any Volume, path: String) throws(BackupError) {
        file = try onDisk { () throws(DiskError) in try volume.open(path, .createNew) }
    }

    package func append(_ chunk: [UInt8]) throws(BackupError) {
        try onDisk { () throws(DiskError) in try file.write(chunk, at: bytes) }
        hash.update(data: chunk)
        bytes += UInt64(chunk.count)
    }

    /// Makes it durable but for its name; nothing may be appended after that.
    package func finish() throws(BackupError) -> FileTransfer.Digest {
        try onDisk { () throws(DiskError) in try file.sync() }
        return FileTransfer.Digest(bytes: bytes, sha256: FileTransfer.hex(hash.finalize()))
    }
}
