import CZstd

/// Decompresses single zstd frames of declared content size, reusing one context.
@safe package final class FrameDecompressor {
    private let context: OpaquePointer

    package init() throws(ZstdError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
        unsafe self.context = context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Puts the content of `frame` at the start of `buffer`, over what it held, and returns its size in
    /// bytes.
    ///
    /// `buffer` grows to the content and `padding` zero bytes after it, and never shrinks: it is meant to be
    /// passed again. Nothing is allocated for a frame that declares more than `contentBytesMax`. The checksum
    /// of the frame is verified where it has one.
    package func decompress(
        _ frame: RawSpan,
        into buffer: inout [UInt8],
        contentBytesMax: Int,
        padding: Int = 0
    ) throws(ZstdError) -> Int {
        let declared = unsafe frame.withUnsafeBytes { bytes in
            unsafe ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        }
        // ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR, which are casts that Swift does not import.
        if declared == UInt64.max { throw .contentSizeMissing }
        if declared == UInt64.max - 1 { throw .corruptFrame("no frame header") }
        guard declared <= UInt64(contentBytesMax) else {
            throw .contentTooLarge(declared: declared, limit: contentBytesMax)
        }
        let contentCount = Int(declared)
        if buffer.count < contentCount + padding {
            buffer = [UInt8](repeating: 0, count: contentCount + padding)
        }
        let code = unsafe frame.withUnsafeBytes { source in
            unsafe buffer.withUnsafeMutableBytes { target in
                unsafe ZSTD_decompressDCtx(
                    context,
                    target.baseAddress,
                    contentCount,
                    source.baseAddress,
                    source.count
                )
            }
        }
        guard ZSTD_isError(code) == 0 else { throw .corruptFrame(zstdErrorName(code)) }
        guard code == contentCount else {
            throw .corruptFrame("content of \(code) bytes where \(contentCount) are declared")
        }
        for index in contentCount..<(contentCount + padding) { buffer[index] = 0 }
        return contentCount
    }
}
