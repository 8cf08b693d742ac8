package import Disk

/// The configurations in force along the log: `challenges/<offset, 20 digits>.json` governs the records from
/// there on.
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
        let names: [String]
        do throws(DiskError) {
            names = try volume.list(directory)
        } catch {
            if error.code == DiskErrorCode.notFound { return [] }
            throw .disk(error)
        }
        return names.compactMap { name in
            name.hasSuffix(Self.suffix) ? paddedOffset(name.dropLast(Self.suffix.count)) : nil
        }
    }

    /// The first offset of the configuration that governs the record at `offset`, nil where none does yet.
    package func governing(_ offset: UInt64) throws(LogError) -> UInt64? {
        try offsets().last { $0 <= offset }
    }

    /// The bytes of the configuration that governs from exactly `offset` on.
    package func read(at offset: UInt64) throws(LogError) -> [UInt8] {
        do throws(DiskError) {
            return try volume.readFile(path(at: offset), bytesMax: LogLimits.configurationBytesMax)
        } catch {
            guard error.code == DiskErrorCode.notFound else { throw .disk(error) }
            throw .configurationRefused(reason: "there is none at offset \(offset) (\(path(at: offset)))")
        }
    }

    /// Where the configuration from `offset` on lies.
    package func path(at offset: UInt64) -> String { directory + "/" + paddedDigits(offset) + Self.suffix }

    /// Puts `bytes` in force from `offset` on, durably, replacing what governed from exactly there.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(LogError) {
        guard !bytes.isEmpty, bytes.count <= LogLimits.configurationBytesMax else {
            throw .configurationRefused(
                reason: "it has \(bytes.count) bytes, allowed are 1 to \(LogLimits.configurationBytesMax)"
            )
        }
        try onDisk { () throws(DiskError) in
            try volume.makeDirectory(directory, mode: 0o755)
            try volume.atomicWrite(bytes, to: path(at: offset))
        }
    }
}
