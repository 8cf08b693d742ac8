/// Why an LMDB environment could not be opened, read or written.
///
/// A key that is not there is no error: the calls answer nil.
package enum LMDBError: Error, Equatable, CustomStringConvertible {
    /// No environment exists at `path`; nobody has written one yet, or the path is wrong.
    case absent(path: String)
    /// Another process, or another part of this one, has the environment open for writing.
    case locked(path: String)
    /// This process opened the environment read-only already, and LMDB forbids opening a file twice.
    case openReadOnly(path: String)
    /// The data no longer fits in the map of `mapBytes`; the transaction was rolled back.
    case mapFull(path: String, mapBytes: Int)
    /// A writer with a larger map outgrew this process' map: close the environment and open it again.
    case mapOutgrown(path: String)
    /// All `readersMax` reader slots are taken.
    case readersFull(path: String, readersMax: Int)
    /// A page or a meta page is damaged.
    case corrupted(path: String, detail: String)
    /// The file is no LMDB environment.
    case notAnEnvironment(path: String)
    /// The file was written by an LMDB with another file format, or for another word size.
    case versionMismatch(path: String)
    /// A key has no bytes or more than `Environment.keyBytesMax`.
    case keyOutOfRange(byteCount: Int)
    /// A system call failed with `code`, an errno.
    case io(path: String, operation: String, code: Int32, detail: String)
    /// LMDB refused a call that this program should not have made.
    case misuse(path: String, operation: String, code: Int32, detail: String)

    package var description: String {
        switch self {
        case .absent(let path):
            "no LMDB environment in \(path): write one first, or correct the path"
        case .locked(let path):
            "the LMDB environment in \(path) is open for writing elsewhere: wait until that writer has ended"
        case .openReadOnly(let path):
            "the LMDB environment in \(path) is open read-only in this process: close it before writing"
        case .mapFull(let path, let mapBytes):
            "the LMDB map of \(mapBytes) bytes for \(path) is full and nothing was written: "
                + "raise the map size (payload_map_bytes) and run again"
        case .mapOutgrown(let path):
            "the LMDB environment in \(path) grew beyond the map of this process: open it again"
        case .readersFull(let path, let readersMax):
            "all \(readersMax) LMDB reader slots of \(path) are taken: stop some reading processes, then retry"
        case .corrupted(let path, let detail):
            "the LMDB environment in \(path) is damaged (\(detail)): delete the directory and write it anew"
        case .notAnEnvironment(let path):
            "\(path) holds no LMDB data file: delete the directory and write it anew, or correct the path"
        case .versionMismatch(let path):
            "\(path) was written by an incompatible LMDB: delete the directory and write it anew"
        case .keyOutOfRange(let byteCount):
            "an LMDB key has \(byteCount) bytes, 1 to \(Environment.keyBytesMax) are possible"
        case .io(let path, let operation, let code, let detail):
            "\(operation) failed on \(path): \(detail) (errno \(code))"
        case .misuse(let path, let operation, let code, let detail):
            "\(operation) was refused on \(path): \(detail) (LMDB code \(code)); this is a bug"
        }
    }
}
