internal import CDeflate

/// Compresses buffers into single gzip members (RFC 1952), reusing one compressor.
///
/// The member has no name and no time: the same bytes and level give the same member. Owned by one thread,
/// event loop or actor at a time.
@safe package final class GzipCompressor {
    private let handle: OpaquePointer

    /// Makes a compressor for `level`: 1 is fastest, 6 usual, 12 smallest.
    package init(level: Int32) throws(DeflateError) {
        guard (0...12).contains(level) else { throw .invalidLevel(level) }
        guard let handle = unsafe libdeflate_alloc_compressor(level) else { throw .outOfMemory }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe libdeflate_free_compressor(handle) }

    /// One gzip member of `bytes`.
    package func compress(_ bytes: RawSpan) throws(DeflateError) -> [UInt8] {
        let bound = unsafe libdeflate_gzip_compress_bound(handle, bytes.byteCount)
        let member = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            count = unsafe bytes.withUnsafeBytes { source in
                unsafe libdeflate_gzip_compress(
                    handle,
                    source.baseAddress,
                    source.count,
                    target.baseAddress,
                    target.count
                )
            }
        }
        guard !member.isEmpty else { throw .compressionFailed(byteCount: bytes.byteCount) }
        return member
    }
}
