import CZstd

/// Turns the bytes of a .zst file, any number of frames, into content as they come; memory stays bounded.
@safe package final class StreamDecompressor {
    /// Largest window a frame may ask for: 2^27 bytes, what the zstd tool accepts without `--long`.
    package static let windowLogMax: Int32 = 27

    private let context: OpaquePointer
    private var chunk: [UInt8]
    private var isInsideFrame = false

    package init() throws(ZstdError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
        unsafe self.context = context
        chunk = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
        let code = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogMax)
        guard ZSTD_isError(code) == 0 else { throw .invalidSetting(zstdErrorName(code)) }
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Decompresses the next `input` and lends each chunk of content, at most 128 KiB, to `consume`.
    ///
    /// Skippable frames give no content. After an error the decompressor is of no further use.
    package func decompress<Failure: Error>(
        _ input: RawSpan,
        consume: (ArraySlice<UInt8>) throws(Failure) -> Void
    ) throws(StreamFailure<Failure>) {
        var consumed = 0
        var isFlushed = false
        while consumed < input.byteCount || !isFlushed {
            let before = consumed
            var produced = 0
            let code = unsafe input.withUnsafeBytes { source in
                unsafe chunk.withUnsafeMutableBytes { target in
                    var from = unsafe ZSTD_inBuffer(
                        src: source.baseAddress,
                        size: source.count,
                        pos: consumed
                    )
                    var into = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    let code = unsafe ZSTD_decompressStream(context, &into, &from)
                    unsafe (consumed, produced) = (from.pos, into.pos)
                    return code
                }
            }
            guard ZSTD_isError(code) == 0 else { throw .zstd(.corruptFrame(zstdErrorName(code))) }
            // 0 says that a frame is decoded and flushed; a call that did nothing between two frames says
            // nothing.
            if consumed > before || produced > 0 { isInsideFrame = code != 0 }
            // A full chunk may leave content behind in the context even when all input is taken.
            isFlushed = produced < chunk.count
            guard produced > 0 else { continue }
            do throws(Failure) {
                try consume(chunk[..<produced])
            } catch {
                throw .consumer(error)
            }
        }
    }

    /// Says that no input follows; throws `.truncated` when a frame is not complete.
    package func finish() throws(ZstdError) {
        if isInsideFrame { throw .truncated }
    }
}

/// Why a stream stopped: zstd, or whoever took the chunks.
package enum StreamFailure<Failure: Error>: Error {
    case zstd(ZstdError)
    case consumer(Failure)
}
