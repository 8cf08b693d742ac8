import ArgumentParser
import CZstd

/// What publish would use without differences: zstd of level 1, alone or with a prepared dictionary.
@safe final class PlainCompressor {
    private static let level: Int32 = 1

    private let context: OpaquePointer
    private let dictionary: OpaquePointer?
    private var frame: [UInt8] = []

    /// `bytes` is the dictionary, prepared here once; nil uses none.
    init(dictionary bytes: [UInt8]?) throws {
        guard let context = unsafe ZSTD_createCCtx() else { throw ValidationError("zstd has no memory") }
        unsafe self.context = context
        if let bytes {
            guard
                let prepared = unsafe bytes.withUnsafeBytes({
                    unsafe ZSTD_createCDict($0.baseAddress, $0.count, Self.level)
                })
            else {
                unsafe ZSTD_freeCCtx(context)
                throw ValidationError("zstd has no memory")
            }
            unsafe dictionary = prepared
            // Attached instead of copied: the faster way for texts of this size.
            unsafe ZSTD_CCtx_setParameter(
                context,
                ZSTD_c_experimentalParam4,
                Int32(bitPattern: ZSTD_dictForceAttach.rawValue)
            )
            unsafe ZSTD_CCtx_refCDict(context, prepared)
        } else {
            unsafe dictionary = nil
            unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
        }
    }

    deinit {
        unsafe ZSTD_freeCCtx(context)
        unsafe ZSTD_freeCDict(dictionary)
    }

    /// Compresses and forgets the frame.
    func compressedByteCount(_ bytes: [UInt8]) throws -> Int {
        let bound = ZSTD_compressBound(bytes.count)
        if frame.count < bound { frame = [UInt8](repeating: 0, count: bound) }
        let code = unsafe bytes.withUnsafeBytes { source in
            unsafe frame.withUnsafeMutableBytes { target in
                unsafe ZSTD_compress2(
                    context,
                    target.baseAddress,
                    target.count,
                    source.baseAddress,
                    source.count
                )
            }
        }
        guard ZSTD_isError(code) == 0 else {
            throw ValidationError("zstd failed: \(unsafe String(cString: ZSTD_getErrorName(code)))")
        }
        return code
    }
}
