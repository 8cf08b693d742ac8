import Crypto
package import Disk
import Foundation

/// The directory of one backup: files as in a data directory, the database's dump, and `backup.json` last.
package struct BackupDirectory: Sendable {
    /// What a new file system has in it.
    private static let harmless: Set<String> = ["lost+found"]

    /// Something of a backup that is not as the manifest says.
    package struct Finding: Hashable, Sendable, Encodable, CustomStringConvertible {
        package let file: String
        package let what: String

        package init(file: String, what: String) { (self.file, self.what) = (file, what) }

        package var description: String { "\(file): \(what)" }
    }

    package let volume: any Volume
    package let path: String

    package init(volume: any Volume, path: String) {
        self.volume = volume
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    package func path(of name: String) -> String { path + "/" + name }

    /// Throws `targetNotEmpty` where anything is in a directory that is to be filled; an absent one is empty.
    package static func requireEmpty(
        _ path: String,
        volume: any Volume,
        ignoring: Set<String> = []
    ) throws(BackupError) {
        guard try onDisk({ () throws(DiskError) in try volume.exists(path) }) else { return }
        let names = try onDisk { () throws(DiskError) in try volume.list(path) }
        if let found = names.first(where: { !harmless.contains($0) && !ignoring.contains($0) }) {
            throw .targetNotEmpty(path, found: found)
        }
    }

    /// Makes the directory for its owner alone: settings and tables are in it.
    package func make() throws(BackupError) {
        try Self.requireEmpty(path, volume: volume)
        try onDisk { () throws(DiskError) in try volume.makeDirectory(path, mode: 0o700) }
    }

    /// Writes the manifest, which ends the backup; all files must be there, durable.
    package func finish(_ manifest: BackupManifest) throws(BackupError) {
        if let fault = manifest.fault { throw .manifestDamaged(file: manifestPath, reason: fault) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do {
            bytes = Array(try encoder.encode(manifest)) + [UInt8(ascii: "\n")]
        } catch {
            throw .manifestDamaged(file: manifestPath, reason: "it cannot be written: \(error)")
        }
        try onDisk { () throws(DiskError) in try volume.atomicWrite(bytes, to: manifestPath) }
    }

    /// Reads the manifest and its SHA-256, by which one backup is told from another.
    package func manifest() throws(BackupError) -> (manifest: BackupManifest, sha256: String) {
        guard try onDisk({ () throws(DiskError) in try volume.exists(path) }) else { throw .notABackup(path) }
        let bytes: [UInt8]
        do throws(DiskError) {
            bytes = try volume.readFile(manifestPath, bytesMax: BackupManifest.bytesMax)
        } catch {
            throw error.code == DiskErrorCode.notFound ? .unfinished(path) : .disk(error)
        }
        struct Version: Decodable { let formatVersion: Int }
        let manifest: BackupManifest
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).formatVersion
            guard version <= BackupManifest.currentVersion else {
                throw BackupError.newerFormat(file: manifestPath, version: version)
            }
            manifest = try JSONDecoder().decode(BackupManifest.self, from: Data(bytes))
        } catch let error as BackupError {
            throw error
        } catch {
            throw .manifestDamaged(file: manifestPath, reason: "it is not the JSON object that was written")
        }
        if let fault = manifest.fault { throw .manifestDamaged(file: manifestPath, reason: fault) }
        return (manifest, FileTransfer.hex(SHA256.hash(data: bytes)))
    }

    /// Compares every file with the manifest; what is not listed is found, too.
    ///
    /// `progress` gets the bytes read so far. Throws only where the directory itself cannot be read.
    package func check(
        _ manifest: BackupManifest,
        progress: (UInt64) -> Void
    ) throws(BackupError) -> [Finding] {
        var findings: [Finding] = []
        var done: UInt64 = 0
        let transfer = FileTransfer(volume: volume)
        for file in manifest.files {
            do throws(BackupError) {
                let digest = try transfer.digest(path(of: file.path)) { count in
                    done += count
                    progress(done)
                }
                if digest.bytes != file.bytes {
                    findings.append(
                        Finding(file: file.path, what: "has \(digest.bytes) bytes, not \(file.bytes)")
                    )
                } else if digest.sha256 != file.sha256 {
                    findings.append(
                        Finding(file: file.path, what: "is not the file that was backed up (SHA-256)")
                    )
                }
            } catch .disk(let error) where error.code == DiskErrorCode.notFound {
                findings.append(Finding(file: file.path, what: "is missing"))
            } catch .disk(let error) {
                findings.append(Finding(file: file.path, what: error.description))
            }
        }
        let listed = Set(manifest.files.map(\.path))
        for name in try files(below: "") where !listed.contains(name) && name != BackupManifest.fileName {
            findings.append(Finding(file: name, what: "is not listed in \(BackupManifest.fileName)"))
        }
        return findings
    }

    /// All files below a directory of the backup, by their path from the backup's directory on.
    package func files(below directory: String) throws(BackupError) -> [String] {
        try Self.files(volume, root: path, below: directory)
    }

    /// All files below `root`/`directory`, by their path from `root` on, ascending; none where it is not there.
    package static func files(
        _ volume: any Volume,
        root: String,
        below directory: String,
        depthMax: Int = 8
    ) throws(BackupError) -> [String] {
        let start = directory.isEmpty ? root : root + "/" + directory
        guard try onDisk({ () throws(DiskError) in try volume.isDirectory(start) }) else { return [] }
        var files: [String] = []
        for name in try onDisk({ () throws(DiskError) in try volume.list(start) })
        where !harmless.contains(name) {
            let path = directory.isEmpty ? name : directory + "/" + name
            if depthMax > 0, try onDisk({ () throws(DiskError) in try volume.isDirectory(root + "/" + path) })
            {
                files += try Self.files(volume, root: root, below: path, depthMax: depthMax - 1)
            } else {
                files.append(path)
            }
        }
        return files
    }

    private var manifestPath: String { path(of: BackupManifest.fileName) }
}
