/// Why a gzip member could not be made.
package enum DeflateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such compression level.
    case invalidLevel(Int32)
    /// The library could not get memory for a compressor.
    case outOfMemory
    /// The result did not fit into the room that the library itself had asked for.
    case compressionFailed(byteCount: Int)

    package var description: String {
        switch self {
        case .invalidLevel(let level): "libdeflate has levels 0 to 12, not \(level)"
        case .outOfMemory: "libdeflate could not allocate a compressor: give the process more memory"
        case .compressionFailed(let byteCount):
            "libdeflate could not compress \(byteCount) bytes into its own bound; this is a bug"
        }
    }
}
