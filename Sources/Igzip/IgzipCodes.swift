internal import CIgzip

/// Huffman codes (RFC 1951) that fit a text, to compress others like it without counting their symbols first.
///
/// Every byte has a code, so that any text can be compressed with them; one that is unlike is stored, a few bytes longer
/// than it was. Made once, used by any number of compressors at the same time.
///
/// `@unchecked Sendable`: the codes never change after init.
@safe package final class IgzipCodes: @unchecked Sendable {
    let tables: UnsafeMutablePointer<isal_hufftables>

    /// Codes for texts like `sample`, of which at most the first 2 GiB are looked at.
    ///
    /// Throws `codesRefused` where the library finds none.
    package init(sample: RawSpan) throws(IgzipError) {
        let tables = UnsafeMutablePointer<isal_hufftables>.allocate(capacity: 1)
        unsafe tables.initialize(to: isal_hufftables())
        let histogram = UnsafeMutablePointer<isal_huff_histogram>.allocate(capacity: 1)
        unsafe histogram.initialize(to: isal_huff_histogram())
        defer { unsafe histogram.deallocate() }
        let status = unsafe sample.withUnsafeBytes { bytes in
            let start = unsafe UnsafeMutablePointer(
                mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress
            )
            unsafe isal_update_histogram(start, Int32(clamping: bytes.count), histogram)
            return unsafe isal_create_hufftables(tables, histogram)
        }
        guard status == 0 else {
            unsafe tables.deallocate()
            throw .codesRefused(status: status)
        }
        unsafe self.tables = unsafe tables
    }

    deinit { unsafe tables.deallocate() }
}
