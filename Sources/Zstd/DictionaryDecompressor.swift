internal import CZstd

/// A template prepared as a zstd dictionary of raw content; may serve any number of threads at once.
///
/// `@unchecked Sendable`: its bytes and zstd's `DDict` over them never change after init.
@safe package final class DecompressionDictionary: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let handle: OpaquePointer

    /// Copies the template, which zstd then uses in place.
    ///
    /// Throws `ZstdError.outOfMemory`.
    package init(template: [UInt8]) throws(ZstdError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: template.count, alignment: 16)
        unsafe copy.copyBytes(from: template)
        guard
            let handle = unsafe ZSTD_createDDict_advanced(
                copy.baseAddress,
                copy.count,
                ZSTD_dlm_byRef,
                ZSTD_dct_rawContent,
                ZSTD_customMem()
            )
        else {
            unsafe copy.deallocate()
            throw .outOfMemory
        }
        unsafe bytes = UnsafeRawBufferPointer(copy)
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe ZSTD_freeDDict(handle)
        unsafe bytes.deallocate()
    }

    /// Bytes of the template.
    package var byteCount: Int { unsafe bytes.count }
}

/// Decodes frames made against a template; keeps one zstd context for all calls.
///
/// Owned by one thread, event loop or actor at a time. A wrong dictionary is not always noticed by zstd: pair
/// a frame with its template by the template's SHA-256.
@safe package final class DictionaryDecompressor {
    private let context: OpaquePointer

    /// Throws `ZstdError.outOfMemory`.
    package init() throws(ZstdError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
        unsafe self.context = unsafe context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// How many bytes a frame decodes to, from its header.
    ///
    /// Throws `corruptFrame` when it is no frame, `contentTooLarge` beyond `byteCountMax`.
    package static func contentSize(of frame: RawSpan, byteCountMax: Int) throws(ZstdError) -> Int {
        let size = unsafe frame.withUnsafeBytes {
            unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count)
        }
        // ZSTD_CONTENTSIZE_UNKNOWN and _ERROR are macros that Swift does not import.
        if size == .max { throw .contentSizeMissing }
        if size == .max - 1 { throw .corruptFrame("no zstd frame header") }
        guard size <= UInt64(max(0, byteCountMax)) else {
            throw .contentTooLarge(declared: size, limit: byteCountMax)
        }
        return Int(size)
    }

    /// The bytes of a frame that was made against `dictionary`'s template.
    ///
    /// Throws `contentTooLarge` before it allocates more than `byteCountMax` bytes.
    package func decompress(
        _ frame: RawSpan,
        with dictionary: DecompressionDictionary,
        byteCountMax: Int
    ) throws(ZstdError) -> [UInt8] {
        let size = try Self.contentSize(of: frame, byteCountMax: byteCountMax)
        var result = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            result = unsafe decompress(frame, with: dictionary, into: UnsafeMutableRawBufferPointer(buffer))
            initialized = result == size ? size : 0
        }
        try Self.check(result, size)
        return bytes
    }

    /// The same for a frame in an array.
    package func decompress(
        _ frame: [UInt8],
        with dictionary: DecompressionDictionary,
        byteCountMax: Int
    ) throws(ZstdError) -> [UInt8] {
        try unsafe decompress(frame.span.bytes, with: dictionary, byteCountMax: byteCountMax)
    }

    /// Decodes a frame into memory of the caller, which must be exactly as long as its `contentSize`.
    package func decompress(
        _ frame: RawSpan,
        with dictionary: DecompressionDictionary,
        into output: inout MutableRawSpan
    ) throws(ZstdError) {
        let size = output.byteCount
        let result = unsafe output.withUnsafeMutableBytes {
            unsafe decompress(frame, with: dictionary, into: $0)
        }
        try Self.check(result, size)
    }

    /// Decodes a frame behind what `output` holds, which needs at least its `contentSize` of free room.
    package func decompress(
        _ frame: RawSpan,
        with dictionary: DecompressionDictionary,
        appendingTo output: inout OutputRawSpan
    ) throws(ZstdError) {
        let size = try Self.contentSize(of: frame, byteCountMax: output.freeCapacity)
        let result = unsafe output.withUnsafeMutableBytes { buffer, count in
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + size)])
            let result = unsafe decompress(frame, with: dictionary, into: target)
            if result == size { count += size }
            return result
        }
        try Self.check(result, size)
    }

    private func decompress(
        _ frame: RawSpan,
        with dictionary: DecompressionDictionary,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        unsafe frame.withUnsafeBytes { bytes in
            unsafe ZSTD_decompress_usingDDict(
                context,
                output.baseAddress,
                output.count,
                bytes.baseAddress,
                bytes.count,
                dictionary.handle
            )
        }
    }

    private static func check(_ result: Int, _ size: Int) throws(ZstdError) {
        if let name = ZstdError.name(of: result) { throw .corruptFrame(name) }
        guard result == size else { throw .corruptFrame("the content is shorter than stated") }
    }
}
