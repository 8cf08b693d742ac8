import Disk

/// What a configuration's bytes were when they were put in force, in a file beside it: `<offset>.json.crc32c`.
///
/// One line a content, the newest last: CRC-32C in 8 hexadecimal digits, a space, the number of bytes. A configuration
/// that replaces another at the same offset has its line added before its file is renamed into place, so that a crash
/// between the two leaves a file that fits. Without the file nothing is known: logs of before have none.
struct ConfigurationChecksum: Equatable {
    static let suffix = ".crc32c"
    private static let fileBytesMax = 4096

    let checksum: UInt32
    let byteCount: Int

    init(of bytes: [UInt8]) { (checksum, byteCount) = (CRC32C.checksum(bytes), bytes.count) }

    private init?(line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0].utf8.count == 8, let checksum = UInt32(words[0], radix: 16),
            let byteCount = Int(words[1])
        else { return nil }
        (self.checksum, self.byteCount) = (checksum, byteCount)
    }

    private var line: String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits + " \(byteCount)\n"
    }

    /// Writes that the configuration at `path` is, or was until a moment ago, one of these.
    static func write(_ known: [ConfigurationChecksum], _ volume: any Volume, _ path: String)
        throws(DiskError)
    {
        try volume.atomicWrite(Array(known.map(\.line).joined().utf8), to: path + suffix)
    }

    /// Whether `bytes` are what was put in force at `path`; true where no file tells.
    static func fits(_ bytes: [UInt8], _ volume: any Volume, _ path: String) throws(DiskError) -> Bool {
        let told: [UInt8]
        do throws(DiskError) {
            told = try volume.readFile(path + suffix, bytesMax: fileBytesMax)
        } catch {
            if error.code == DiskErrorCode.notFound { return true }
            throw error
        }
        let lines = String(decoding: told, as: UTF8.self).split(separator: "\n")
        return lines.contains { ConfigurationChecksum(line: $0) == ConfigurationChecksum(of: bytes) }
    }
}
