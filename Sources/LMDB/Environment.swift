internal import CLMDB
internal import Glibc
internal import Synchronization

/// One open LMDB environment: the files `data.mdb` and `lock.mdb` in a directory.
///
/// LMDB forbids opening one file twice in a process (the second open would wipe the table of readers), so all
/// who open the same file in a process share one `Environment`. It closes when the last reference goes.
///
/// `@unchecked Sendable`: LMDB's environment handle may be used from any thread; all else here is immutable or
/// in a `Mutex`. Transactions belong to one thread at a time and are not `Sendable`.
@safe package final class Environment: @unchecked Sendable {
    /// Most bytes a key may have.
    package static let keyBytesMax = 511
    /// Reader slots of every environment; one a `ReadSnapshot` alive anywhere, 64 bytes each.
    package static let readersMax = 1024
    /// Most named databases in an environment.
    package static let databasesMax = 16
    /// Map of a read-only environment: address space only, so that a writer's larger map never outgrows it.
    private static let readOnlyMapBytes = 1 << 40

    /// The directory of the environment.
    package let path: String
    package let isWritable: Bool
    let codes: ReturnCode
    private let handle: OpaquePointer
    private let identity: FileIdentity
    /// Mutable for `deinit` alone.
    private var writerLock: WriterLock?
    private let databases = Mutex<[String: Database]>([:])

    /// Opens the environment in `directory` for reading; the same file opened for writing here serves as well.
    ///
    /// Throws `LMDBError.absent` when there is none.
    package static func openReadOnly(directory: String) throws(LMDBError) -> Environment {
        try OpenEnvironments.shared.environment(directory: directory, toWrite: false) {
            () throws(LMDBError) in
            do throws(LMDBError) {
                return try Environment(
                    directory: directory,
                    mapBytes: readOnlyMapBytes,
                    isWritable: false
                )
            } catch {
                guard case .io(_, _, ENOMEM, _) = error else { throw error }
                // Address space is limited here (`ulimit -v`): take the map size in the file.
                return try Environment(directory: directory, mapBytes: 0, isWritable: false)
            }
        }
    }

    /// Opens the environment in `directory` for reading and writing, and makes it when it is not there.
    ///
    /// `mapBytes` is the most the data may ever take; it costs address space, not disk. The directory itself is
    /// made too, its parent is not. Throws `LMDBError.locked` when another writer has it.
    package static func openReadWrite(directory: String, mapBytes: Int) throws(LMDBError) -> Environment {
        if unsafe mkdir(directory, 0o755) != 0, errno != EEXIST {
            throw ReturnCode(path: directory, mapBytes: 0, readersMax: 0).systemError("making the directory")
        }
        return try OpenEnvironments.shared.environment(directory: directory, toWrite: true) {
            () throws(LMDBError) in
            try Environment(directory: directory, mapBytes: mapBytes, isWritable: true)
        }
    }

    private init(directory: String, mapBytes: Int, isWritable: Bool) throws(LMDBError) {
        codes = ReturnCode(path: directory, mapBytes: mapBytes, readersMax: Self.readersMax)
        path = directory
        self.isWritable = isWritable
        writerLock = isWritable ? try WriterLock(directory: directory, codes: codes) : nil
        var created: OpaquePointer?
        try unsafe codes.check(mdb_env_create(&created), "mdb_env_create")
        guard let created = unsafe created else { throw codes.error(ENOMEM, "mdb_env_create") }
        do throws(LMDBError) {
            try unsafe Self.configure(created, directory, mapBytes, isWritable, codes)
            guard let found = FileIdentity(path: Self.dataFile(directory)) else {
                throw .absent(path: directory)
            }
            identity = found
        } catch {
            unsafe mdb_env_close(created)
            throw error
        }
        unsafe handle = created
    }

    deinit {
        // Under the registry's lock: nobody may open the file again before it is closed here.
        OpenEnvironments.shared.forget(identity) {
            unsafe mdb_env_close(handle)
            writerLock = nil
        }
    }

    /// True when the directory no longer holds the file that is open here: it was deleted or replaced.
    ///
    /// One `stat`, about a microsecond. The inode cannot be reused while this environment has the file open.
    package var isReplaced: Bool { FileIdentity(path: Self.dataFile(path)) != identity }

    /// Bytes of pages in use or free for reuse in the data file, and bytes of the map.
    package func usage() throws(LMDBError) -> (usedBytes: Int, mapBytes: Int) {
        var info = unsafe MDB_envinfo()
        try unsafe codes.check(mdb_env_info(handle, &info), "mdb_env_info")
        var statistics = MDB_stat()
        try unsafe codes.check(mdb_env_stat(handle, &statistics), "mdb_env_stat")
        return unsafe ((Int(info.me_last_pgno) + 1) * Int(statistics.ms_psize), Int(info.me_mapsize))
    }

    /// Reader slots in use in the shared table, by all processes; at most `readersMax`.
    package func readerSlots() throws(LMDBError) -> Int {
        var info = unsafe MDB_envinfo()
        try unsafe codes.check(mdb_env_info(handle, &info), "mdb_env_info")
        return unsafe Int(info.me_numreaders)
    }

    /// Frees the reader slots of processes that died, and says how many there were.
    package func reapStaleReaders() throws(LMDBError) -> Int {
        var dead: Int32 = 0
        try unsafe codes.check(mdb_reader_check(handle, &dead), "mdb_reader_check")
        return Int(dead)
    }

    /// The named database, nil when the environment does not have it (yet).
    package func database(named name: String) throws(LMDBError) -> Database? {
        try databases.withLock { known throws(LMDBError) in
            if let database = known[name] { return database }
            let transaction = try unsafe begin(flags: isWritable ? 0 : UInt32(MDB_RDONLY))
            let database = try unsafe Database(named: name, in: transaction, creating: false, codes: codes)
            known[name] = database
            return database
        }
    }

    /// The named database, made when it is not there.
    package func makeDatabase(named name: String) throws(LMDBError) -> Database {
        try databases.withLock { known throws(LMDBError) in
            if let database = known[name] { return database }
            let transaction = try unsafe begin(flags: 0)
            guard
                let database = try unsafe Database(named: name, in: transaction, creating: true, codes: codes)
            else { throw codes.error(MDB_NOTFOUND, "mdb_dbi_open") }
            known[name] = database
            return database
        }
    }

    /// Runs `body` in one write transaction: committed and synced when it returns, rolled back when it throws.
    ///
    /// Rolled back too when `isKept` answers false for what `body` returned. Waits while another write
    /// transaction is open. Never call it inside itself.
    package func write<Value>(
        keepIf isKept: (Value) -> Bool = { _ in true },
        _ body: (borrowing WriteBatch) throws(LMDBError) -> Value
    ) throws(LMDBError) -> Value {
        let transaction = try unsafe begin(flags: 0)
        let value: Value
        do throws(LMDBError) {
            value = try body(unsafe WriteBatch(transaction: transaction, codes: codes))
        } catch {
            unsafe mdb_txn_abort(transaction)
            throw error
        }
        guard isKept(value) else {
            unsafe mdb_txn_abort(transaction)
            return value
        }
        // A failed commit has freed the transaction already.
        try unsafe codes.check(mdb_txn_commit(transaction), "mdb_txn_commit")
        return value
    }

    func begin(flags: UInt32) throws(LMDBError) -> OpaquePointer {
        var transaction: OpaquePointer?
        try unsafe codes.check(mdb_txn_begin(handle, nil, flags, &transaction), "mdb_txn_begin")
        guard let transaction = unsafe transaction else { throw codes.error(ENOMEM, "mdb_txn_begin") }
        return unsafe transaction
    }

    private static func configure(
        _ handle: OpaquePointer,
        _ directory: String,
        _ mapBytes: Int,
        _ isWritable: Bool,
        _ codes: ReturnCode
    ) throws(LMDBError) {
        if mapBytes > 0 {
            try unsafe codes.check(mdb_env_set_mapsize(handle, mapBytes), "mdb_env_set_mapsize")
        }
        try unsafe codes.check(
            mdb_env_set_maxreaders(handle, UInt32(readersMax)),
            "mdb_env_set_maxreaders"
        )
        try unsafe codes.check(mdb_env_set_maxdbs(handle, UInt32(databasesMax)), "mdb_env_set_maxdbs")
        // NOTLS ties a read transaction to its object instead of its thread; reading ahead would load pages
        // of players nobody asked for.
        let flags = MDB_NOTLS | MDB_NORDAHEAD | (isWritable ? 0 : MDB_RDONLY)
        let code = unsafe mdb_env_open(handle, directory, UInt32(flags), 0o644)
        if code == ENOENT { throw .absent(path: directory) }
        try codes.check(code, "mdb_env_open")
        var dead: Int32 = 0
        try unsafe codes.check(mdb_reader_check(handle, &dead), "mdb_reader_check")
    }

    static func dataFile(_ directory: String) -> String { directory + "/data.mdb" }
}
