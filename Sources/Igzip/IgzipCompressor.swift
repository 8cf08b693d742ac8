internal import CIgzip

/// Compresses buffers into single gzip members (RFC 1952) at some times libdeflate's speed, without counting symbols.
///
/// For bodies that one client gets once; members are about as large as libdeflate's of level 1 where the codes fit. The
/// member has no name and no time: the same bytes and codes give the same member. Owned by one thread, event loop or
/// actor at a time; keeps some 300 KB.
@safe package final class IgzipCompressor {
    /// Most bytes that are compressed at once: 1 GiB.
    package static let byteCountMax = 1 << 30
    /// The longest block that deflate stores as it is, in bytes.
    private static let storedBlockBytes = 65_535

    private let stream: UnsafeMutablePointer<isal_zstream>

    package init() {
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        unsafe stream.initialize(to: isal_zstream())
        unsafe self.stream = unsafe stream
    }

    deinit { unsafe stream.deallocate() }

    /// One gzip member of `bytes`; with the library's codes, which fit nothing well, where none are given.
    ///
    /// Throws `tooLong` above `byteCountMax`.
    package func compress(_ bytes: RawSpan, codes: IgzipCodes?) throws(IgzipError) -> [UInt8] {
        guard bytes.byteCount <= Self.byteCountMax else { throw .tooLong(byteCount: bytes.byteCount) }
        // What the library stores where it cannot compress, with the member's head and end.
        let bound = bytes.byteCount + (bytes.byteCount / Self.storedBlockBytes + 2) * 5 + 64
        var status: Int32 = 0
        let member = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            unsafe bytes.withUnsafeBytes { source in
                unsafe isal_deflate_stateless_init(stream)
                if let codes { unsafe stream.pointee.hufftables = codes.tables }
                unsafe stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
                unsafe stream.pointee.end_of_stream = 1
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.assumingMemoryBound(to: UInt8.self).baseAddress
                )
                unsafe stream.pointee.avail_in = UInt32(source.count)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(target.count)
                status = unsafe isal_deflate_stateless(stream)
                count = status == COMP_OK ? Int(unsafe stream.pointee.total_out) : 0
            }
        }
        guard status == COMP_OK else {
            throw .compressionFailed(byteCount: bytes.byteCount, status: status)
        }
        return member
    }
}
