/// An open file; it belongs to one task at a time and is closed with the last reference.
package protocol OpenFile: AnyObject {
    /// The path it was opened by, for messages.
    var path: String { get }
    /// Fills `buffer[range]` from byte `offset` on and returns the bytes read: fewer only at the end of the
    /// file.
    func read(at offset: UInt64, into buffer: inout [UInt8], range: Range<Int>) throws(DiskError) -> Int
    /// Writes all of `bytes` at byte `offset`; after an error any part of them may be there.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskError)
    /// Writes all of `bytes` at the end of a file opened with `.append`; any other is EINVAL.
    func append(_ bytes: [UInt8]) throws(DiskError)
    /// Makes the contents durable, and the size where it grew (fdatasync).
    ///
    /// After an error the kernel may have dropped the bytes and forgotten the error: open the file anew and
    /// write them again instead of calling this once more.
    func syncData() throws(DiskError)
    /// Makes the contents and all attributes durable (fsync); errors as for `syncData`.
    func sync() throws(DiskError)
    /// Cuts or extends the file to `byteCount`; extended parts read as zeros.
    func truncate(to byteCount: UInt64) throws(DiskError)
    /// Bytes in the file now.
    func size() throws(DiskError) -> UInt64
    /// Which file this is, whatever its path names by now.
    func identity() throws(DiskError) -> FileIdentity
}

/// Error numbers that rooms above compare with, so that they need no C library.
package enum DiskErrorCode {
    /// ENOENT.
    package static let notFound: Int32 = 2
    /// EEXIST.
    package static let exists: Int32 = 17
    /// EPERM.
    package static let notPermitted: Int32 = 1
    /// EACCES.
    package static let permissionDenied: Int32 = 13
    /// EROFS.
    package static let readOnly: Int32 = 30
    /// EFBIG.
    package static let fileTooLarge: Int32 = 27
    /// EIO.
    package static let deviceError: Int32 = 5
    /// EPERM, EACCES, EXDEV, EMLINK, ENOSYS and EOPNOTSUPP: a second name is not possible there, though a copy may be.
    package static let cannotLink: Set<Int32> = [1, 13, 18, 31, 38, 95]
    /// ENOSPC.
    package static let diskFull: Int32 = 28
}
