/// Why ISA-L made no codes or no gzip member.
package enum IgzipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No codes for a sample; the status is the library's.
    case codesRefused(status: Int32)
    /// No member; the status is the library's.
    case compressionFailed(byteCount: Int, status: Int32)
    /// More than `IgzipCompressor.byteCountMax`.
    case tooLong(byteCount: Int)

    package var description: String {
        switch self {
        case .codesRefused(let status): "ISA-L made no Huffman codes (status \(status)); this is a bug"
        case .compressionFailed(let byteCount, let status):
            "ISA-L could not compress \(byteCount) bytes (status \(status)); this is a bug"
        case .tooLong(let byteCount):
            "\(byteCount) bytes are too many for one gzip member; it takes \(IgzipCompressor.byteCountMax)"
        }
    }
}
