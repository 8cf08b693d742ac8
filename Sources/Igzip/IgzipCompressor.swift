internal import CIgzip

/// Compresses buffers into single gzip members (RFC 1952) several times as fast as libdeflate.
///
/// For bodies that one client gets once; members are about as large as libdeflate's of level 1. The member has no name and
/// no time: the same bytes and codes give the same member on processors of the same kind. Owned by one thread, event loop
/// or actor at a time; keeps some 80 KB, and some 280 KB more once it has compressed without codes.
@safe package final class IgzipCompressor {
    /// Most bytes that are compressed at once: 1 GiB.
    package static let byteCountMax = 1 << 30
    /// The longest block that deflate stores as it is, in bytes.
    private static let storedBlockBytes = 65_535

    private let stream: UnsafeMutablePointer<isal_zstream>
    /// What the library counts symbols in.
    private var counting: UnsafeMutablePointer<UInt8>?

    package init() {
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        unsafe stream.initialize(to: isal_zstream())
        unsafe self.stream = unsafe stream
    }

    deinit {
        unsafe stream.deallocate()
        unsafe counting?.deallocate()
    }

    /// One gzip member of `bytes`.
    ///
    /// Where no codes are given, the symbols are counted first, which takes half as long again. Throws `tooLong` above
    /// `byteCountMax`, and `compressionFailed` for what the library has no reason to refuse.
    package func compress(_ bytes: RawSpan, codes: IgzipCodes?) throws(IgzipError) -> [UInt8] {
        guard bytes.byteCount <= Self.byteCountMax else { throw .tooLong(byteCount: bytes.byteCount) }
        // What the library stores where it cannot compress, with the member's head and end.
        let bound = bytes.byteCount + (bytes.byteCount / Self.storedBlockBytes + 2) * 5 + 64
        var status: Int32 = 0
        let member = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            unsafe bytes.withUnsafeBytes { source in
                unsafe isal_deflate_stateless_init(stream)
                unsafe stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
                unsafe stream.pointee.end_of_stream = 1
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.assumingMemoryBound(to: UInt8.self).baseAddress
                )
                unsafe stream.pointee.avail_in = UInt32(source.count)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(target.count)
                status = withExtendedLifetime(codes) {
                    use(codes)
                    return unsafe isal_deflate_stateless(stream)
                }
                count = status == COMP_OK ? Int(unsafe stream.pointee.total_out) : 0
            }
        }
        guard status == COMP_OK else {
            throw .compressionFailed(byteCount: bytes.byteCount, status: status)
        }
        return member
    }

    private func use(_ codes: IgzipCodes?) {
        if let codes { return unsafe stream.pointee.hufftables = codes.tables }
        let size = goalpost_igzip_level_1_bytes
        if unsafe counting == nil {
            unsafe counting = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(size))
        }
        unsafe stream.pointee.level = 1
        unsafe stream.pointee.level_buf = unsafe counting
        unsafe stream.pointee.level_buf_size = size
    }
}
