import CZstd

/// Compresses buffers into single zstd frames with content size and checksum, reusing one context.
@safe package final class FrameCompressor {
    private let context: OpaquePointer
    private var scratch: [UInt8] = []

    /// Makes a context for `level` (1 is fastest, 19 smallest without extra memory).
    package init(level: Int32) throws(ZstdError) {
        guard (ZSTD_minCLevel()...ZSTD_maxCLevel()).contains(level) else {
            throw .invalidSetting("there is no compression level \(level)")
        }
        guard let context = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
        unsafe self.context = context
        for (parameter, value) in [
            (ZSTD_c_compressionLevel, level), (ZSTD_c_contentSizeFlag, 1), (ZSTD_c_checksumFlag, 1),
        ] {
            let code = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
            guard ZSTD_isError(code) == 0 else { throw .invalidSetting(zstdErrorName(code)) }
        }
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    /// One frame of `bytes`.
    package func compress(_ bytes: RawSpan) throws(ZstdError) -> [UInt8] {
        var frame: [UInt8] = []
        try compress(bytes, appendingTo: &frame)
        return frame
    }

    /// Puts one frame of `bytes` after what `output` holds and returns the frame's size in bytes.
    @discardableResult
    package func compress(_ bytes: RawSpan, appendingTo output: inout [UInt8]) throws(ZstdError) -> Int {
        let bound = ZSTD_compressBound(bytes.byteCount)
        guard ZSTD_isError(bound) == 0 else { throw .compressionFailed(zstdErrorName(bound)) }
        if scratch.count < bound { scratch = [UInt8](repeating: 0, count: bound) }
        let code = unsafe bytes.withUnsafeBytes { source in
            unsafe scratch.withUnsafeMutableBytes { target in
                unsafe ZSTD_compress2(
                    context,
                    target.baseAddress,
                    target.count,
                    source.baseAddress,
                    source.count
                )
            }
        }
        guard ZSTD_isError(code) == 0 else { throw .compressionFailed(zstdErrorName(code)) }
        output.append(contentsOf: scratch[..<code])
        return code
    }
}

/// The library's words for an error code.
func zstdErrorName(_ code: Int) -> String { unsafe String(cString: ZSTD_getErrorName(code)) }
