import Crypto
package import Disk
import Foundation

/// Copies files durably and takes their SHA-256 on the way; memory does not grow with the file.
package struct FileTransfer: Sendable {
    /// Bytes read and written at once.
    private static let chunkBytes = 1 << 20

    /// What was read.
    package struct Digest: Hashable, Sendable {
        package let bytes: UInt64
        /// 64 lower-case hex digits.
        package let sha256: String
    }

    package let volume: any Volume

    package init(volume: any Volume) { self.volume = volume }

    /// Reads a file, or only its first `byteCount` bytes.
    ///
    /// `progress` gets the bytes of each chunk.
    package func digest(
        _ path: String,
        byteCount: UInt64 = .max,
        progress: (UInt64) -> Void
    ) throws(BackupError) -> Digest {
        let file = try onDisk { () throws(DiskError) in try volume.open(path, .read) }
        return try read(file, byteCount) { chunk in progress(UInt64(chunk.count)) }
    }

    /// Makes the new file `target` of an open one's first `byteCount` bytes, durable but for its name.
    ///
    /// Throws `fileChanged` where the file is shorter, unless `byteCount` is the default, which takes all there is.
    package func copy(
        _ source: any OpenFile,
        byteCount: UInt64 = .max,
        to target: String,
        mode: UInt32,
        progress: (UInt64) -> Void
    ) throws(BackupError) -> Digest {
        let file = try onDisk { () throws(DiskError) in
            let file = try volume.open(target, .createNew)
            try volume.setPermissions(target, mode)
            return file
        }
        var offset: UInt64 = 0
        let digest = try read(source, byteCount) { (chunk) throws(BackupError) in
            try onDisk { () throws(DiskError) in try file.write(chunk, at: offset) }
            offset += UInt64(chunk.count)
            progress(UInt64(chunk.count))
        }
        guard byteCount == .max || digest.bytes == byteCount else {
            throw .fileChanged(source.path, reason: "it has \(digest.bytes) bytes, \(byteCount) are needed")
        }
        try onDisk { () throws(DiskError) in try file.sync() }
        return digest
    }

    /// Puts a file of the manifest at `target`, whole or not at all, and checks that it is the very one.
    ///
    /// A file that is there already and is right is kept.
    package func restore(
        _ file: BackupManifest.File,
        from source: String,
        to target: String,
        progress: (UInt64) -> Void
    ) throws(BackupError) {
        let isThere = try onDisk { () throws(DiskError) in
            guard try volume.exists(target) else { return false }
            return try volume.fileSize(target) == file.bytes
        }
        if isThere, try digest(target, progress: { _ in }).sha256 == file.sha256 {
            try onDisk { () throws(DiskError) in try volume.setPermissions(target, file.mode) }
            progress(file.bytes)
            return
        }
        let draft = target + ".tmp"
        let from = try onDisk { () throws(DiskError) in
            if try volume.exists(draft) { try volume.remove(draft) }
            return try volume.open(source, .read)
        }
        let digest = try copy(from, to: draft, mode: file.mode, progress: progress)
        guard digest.sha256 == file.sha256, digest.bytes == file.bytes else {
            throw .fileChanged(source, reason: "its SHA-256 is \(digest.sha256)")
        }
        try onDisk { () throws(DiskError) in try volume.rename(draft, to: target) }
    }

    private func read(
        _ file: any OpenFile,
        _ byteCount: UInt64,
        _ consume: ([UInt8]) throws(BackupError) -> Void
    ) throws(BackupError) -> Digest {
        var hash = SHA256()
        var buffer: [UInt8] = []
        var offset: UInt64 = 0
        while offset < byteCount {
            let wanted = Int(min(UInt64(Self.chunkBytes), byteCount - offset))
            if buffer.count != wanted { buffer = [UInt8](repeating: 0, count: wanted) }
            let count = try onDisk { () throws(DiskError) in
                try file.read(at: offset, into: &buffer, range: 0..<wanted)
            }
            if count == 0 { break }
            if count < wanted { buffer.removeLast(wanted - count) }
            hash.update(data: buffer)
            try consume(buffer)
            offset += UInt64(count)
        }
        return Digest(bytes: offset, sha256: Self.hex(hash.finalize()))
    }

    static func hex(_ digest: SHA256Digest) -> String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
