package import Disk

/// The configurations in force along the log: `challenges/<offset, 20 digits>.json` governs the records from
/// there on; the file of that name and `.crc32c` tells its checksum.
package struct ConfigurationHistory: Sendable {
    /// The directory's name within the log's.
    package static let directoryName = "challenges"
    private static let suffix = ".json"

    private let volume: any Volume
    /// The history's own directory.
    package let directory: String

    /// The history of the log in `logDirectory`.
    package init(volume: any Volume, logDirectory: String) {
        self.volume = volume
        directory = logDirectory + "/" + Self.directoryName
    }

    /// First offsets of all configurations, ascending; empty before the first one.
    package func offsets() throws(LogError) -> [UInt64] {
        try names().compactMap { name in
            name.hasSuffix(Self.suffix) ? paddedOffset(name.dropLast(Self.suffix.count)) : nil
        }
    }

    private func names() throws(LogError) -> [String] {
        do throws(DiskError) {
            return try volume.list(directory)
        } catch {
            if error.code == DiskErrorCode.notFound { return [] }
            throw .disk(error)
        }
    }

    /// The first offset of the configuration that governs the record at `offset`, nil where none does yet.
    package func governing(_ offset: UInt64) throws(LogError) -> UInt64? {
        try offsets().last { $0 <= offset }
    }

    /// The bytes of the configuration that governs from exactly `offset` on.
    ///
    /// Throws `.damaged` where they are not what was put in force, `.configurationRefused` where there is none.
    package func read(at offset: UInt64) throws(LogError) -> [UInt8] {
        let path = path(at: offset)
        // Once more where it does not fit: it may have been replaced between the two reads.
        for _ in 0..<2 {
            let bytes: [UInt8]
            do throws(DiskError) {
                bytes = try volume.readFile(path, bytesMax: LogLimits.configurationBytesMax)
            } catch {
                guard error.code == DiskErrorCode.notFound else { throw .disk(error) }
                throw .configurationRefused(reason: "there is none at offset \(offset) (\(path))")
            }
            if try onDisk({ () throws(DiskError) in try ConfigurationChecksum.fits(bytes, volume, path) }) {
                return bytes
            }
        }
        throw .damaged(
            file: path,
            byteOffset: 0,
            recordOffset: offset,
            reason: "it is not what was put in force, by the checksum beside it"
        )
    }

    /// Where the configuration from `offset` on lies.
    package func path(at offset: UInt64) -> String { directory + "/" + paddedDigits(offset) + Self.suffix }

    /// Where the checksum of the configuration from `offset` on lies; logs of before have none.
    package func checksumPath(at offset: UInt64) -> String { path(at: offset) + ConfigurationChecksum.suffix }

    /// Puts `bytes` in force from `offset` on, durably, replacing what governed from exactly there.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(LogError) {
        guard !bytes.isEmpty, bytes.count <= LogLimits.configurationBytesMax else {
            throw .configurationRefused(
                reason: "it has \(bytes.count) bytes, allowed are 1 to \(LogLimits.configurationBytesMax)"
            )
        }
        try onDisk { () throws(DiskError) in
            try volume.makeDirectory(directory, mode: 0o755)
            let path = path(at: offset)
            var known = [ConfigurationChecksum(of: bytes)]
            if try volume.exists(path) {
                let old = try volume.readFile(path, bytesMax: LogLimits.configurationBytesMax)
                known.insert(ConfigurationChecksum(of: old), at: 0)
            }
            try ConfigurationChecksum.write(known, volume, path)
            try volume.atomicWrite(bytes, to: path)
        }
    }
}
