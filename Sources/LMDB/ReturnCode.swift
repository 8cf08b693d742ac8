internal import CLMDB
internal import Glibc

/// Turns LMDB's return codes into `LMDBError`.
struct ReturnCode {
    let path: String
    let mapBytes: Int
    let readersMax: Int

    /// The error that `code` stands for; `operation` names the LMDB call that returned it.
    func error(_ code: Int32, _ operation: String) -> LMDBError {
        let detail = unsafe String(cString: mdb_strerror(code))
        switch code {
        case MDB_MAP_FULL: return .mapFull(path: path, mapBytes: mapBytes)
        case MDB_MAP_RESIZED: return .mapOutgrown(path: path)
        case MDB_READERS_FULL: return .readersFull(path: path, readersMax: readersMax)
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC: return .corrupted(path: path, detail: detail)
        case MDB_INVALID: return .notAnEnvironment(path: path)
        case MDB_VERSION_MISMATCH: return .versionMismatch(path: path)
        case 1...: return .io(path: path, operation: operation, code: code, detail: detail)
        default: return .misuse(path: path, operation: operation, code: code, detail: detail)
        }
    }

    /// Throws unless `code` is success.
    func check(_ code: Int32, _ operation: String) throws(LMDBError) {
        if code != MDB_SUCCESS { throw error(code, operation) }
    }

    /// The error for the calling thread's errno after a failed system call.
    func systemError(_ operation: String) -> LMDBError { error(errno, operation) }
}
