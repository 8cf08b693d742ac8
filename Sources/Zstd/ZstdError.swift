internal import CZstd

/// Why zstd could not do its work.
package enum ZstdError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The library could not get memory for a context.
    case outOfMemory
    /// Compression failed for the reason the library gave.
    case compressionFailed(String)
    /// The bytes are no zstd frame, or one that is damaged; the reason is the library's.
    case corruptFrame(String)
    /// The input ends inside a frame.
    case truncated
    /// The frame does not say how large its content is.
    case contentSizeMissing
    /// The frame says its content is larger than the caller allows; both in bytes.
    case contentTooLarge(declared: UInt64, limit: Int)
    /// A frame just made decodes to other bytes than it was made from.
    case frameMismatch
    /// A setting is out of the library's range.
    case invalidSetting(String)

    package var description: String {
        switch self {
        case .outOfMemory: "zstd could not allocate a context: give the process more memory"
        case .compressionFailed(let reason): "zstd could not compress: \(reason)"
        case .corruptFrame(let reason): "the bytes are not an intact zstd frame: \(reason)"
        case .truncated: "the input ends inside a zstd frame: it was cut short"
        case .contentSizeMissing: "the zstd frame does not declare its content size"
        case .contentTooLarge(let declared, let limit):
            "the zstd frame declares \(declared) bytes of content, more than the limit of \(limit)"
        case .frameMismatch: "a zstd frame does not decode to what it was made from; this is a bug"
        case .invalidSetting(let reason): "zstd refused a setting: \(reason)"
        }
    }

    /// Zstd's name for the error in a result, nil when the result is a size.
    static func name(of result: Int) -> String? {
        ZSTD_isError(result) == 0 ? nil : unsafe String(cString: ZSTD_getErrorName(result))
    }
}
