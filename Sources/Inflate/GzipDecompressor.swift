import CZlib

/// Turns gzip data, any number of members, into content as it comes; memory stays bounded.
@safe package final class GzipDecompressor {
    private static let chunkBytes = 128 * 1024

    private let stream: UnsafeMutablePointer<z_stream>
    private var chunk = [UInt8](repeating: 0, count: chunkBytes)
    /// Whether a member has begun and not ended.
    private var isInside = false
    private var isEnded = false

    package init() throws(InflateError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe goalpost_inflate_init_gzip(stream) == Z_OK else {
            unsafe stream.deallocate()
            throw .outOfMemory
        }
        unsafe self.stream = stream
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Decompresses the next `input` and lends each chunk of content, at most 128 KiB, to `consume`.
    ///
    /// After an error the decompressor is of no further use.
    package func decompress(
        _ input: RawSpan,
        consume: (ArraySlice<UInt8>) -> Void
    ) throws(InflateError) {
        var consumed = 0
        var isFlushed = false
        while consumed < input.byteCount || !isFlushed {
            if isEnded {
                // Another member follows, or nothing.
                if consumed == input.byteCount { return }
                guard unsafe inflateReset(stream) == Z_OK else { throw .outOfMemory }
                isEnded = false
            }
            var produced = 0
            let code = unsafe input.withUnsafeBytes { source in
                unsafe chunk.withUnsafeMutableBytes { target in
                    let from = unsafe source.bindMemory(to: UInt8.self).baseAddress
                    unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(
                        mutating: from.map { unsafe $0 + consumed }
                    )
                    unsafe stream.pointee.avail_in = UInt32(source.count - consumed)
                    unsafe stream.pointee.next_out = unsafe target.bindMemory(to: UInt8.self).baseAddress
                    unsafe stream.pointee.avail_out = UInt32(target.count)
                    let code = unsafe inflate(stream, Z_NO_FLUSH)
                    consumed = unsafe source.count - Int(stream.pointee.avail_in)
                    produced = unsafe target.count - Int(stream.pointee.avail_out)
                    return code
                }
            }
            switch code {
            case Z_OK: isInside = true
            // Nothing to do with what there is: more input is needed.
            case Z_BUF_ERROR: isFlushed = true
            case Z_STREAM_END: (isInside, isEnded) = (false, true)
            case Z_MEM_ERROR: throw .outOfMemory
            default:
                throw .damaged(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "code \(code)")
            }
            if produced < chunk.count { isFlushed = true }
            if produced > 0 { consume(chunk[..<produced]) }
        }
    }

    /// Says that no input follows; throws `.truncated` when a member is not complete, or none came.
    package func finish() throws(InflateError) {
        if isInside || !isEnded { throw .truncated }
    }
}
