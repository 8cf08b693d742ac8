internal import CLMDB

/// What one transaction sees; lent to closures, never kept.
@safe package struct ReadView: ~Copyable {
    let transaction: OpaquePointer
    let codes: ReturnCode

    init(transaction: OpaquePointer, codes: ReturnCode) {
        unsafe self.transaction = unsafe transaction
        self.codes = codes
    }

    /// Number of the newest committed transaction that this view includes; in a write batch, its own number.
    package var transactionNumber: UInt64 { unsafe UInt64(mdb_txn_id(transaction)) }

    /// Lends the value of `key` to `body`; nil when there is none.
    ///
    /// A key that LMDB cannot hold (no bytes, or more than `Environment.keyBytesMax`) is not there.
    package func value<Value>(
        in database: Database,
        of key: [UInt8],
        _ body: (RawSpan) -> Value
    ) throws(LMDBError) -> Value? {
        var value: Value?
        try lend(in: database, of: key) { value = body($0) }
        return value
    }

    /// The same for a body without a result: not generic, so that a call across rooms costs nothing of its own.
    package func lend(
        in database: Database,
        of key: [UInt8],
        _ body: (RawSpan) -> Void
    ) throws(LMDBError) {
        guard !key.isEmpty, key.count <= Environment.keyBytesMax else { return }
        var found = unsafe MDB_val()
        let code = unsafe key.withUnsafeBytes { bytes in
            var wanted = unsafe MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return unsafe mdb_get(transaction, database.handle, &wanted, &found)
        }
        if code == MDB_NOTFOUND { return }
        try codes.check(code, "mdb_get")
        let bytes = unsafe UnsafeRawBufferPointer(start: found.mv_data, count: found.mv_size)
        unsafe body(bytes.bytes)
    }

    /// A copy of the value of `key`, nil when there is none.
    package func bytes(in database: Database, of key: [UInt8]) throws(LMDBError) -> [UInt8]? {
        try value(in: database, of: key) { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }

    /// Lends keys and values to `body` in the order of the keys' bytes until it answers false.
    ///
    /// Starts at the first key after `key`, or at the first of all when `key` is nil.
    package func forEach(
        in database: Database,
        after key: [UInt8]? = nil,
        _ body: (RawSpan, RawSpan) -> Bool
    ) throws(LMDBError) {
        var opened: OpaquePointer?
        try unsafe codes.check(mdb_cursor_open(transaction, database.handle, &opened), "mdb_cursor_open")
        guard let cursor = unsafe opened else { return }
        defer { unsafe mdb_cursor_close(cursor) }
        var (at, value) = unsafe (MDB_val(), MDB_val())
        var code = unsafe seek(cursor, after: key, &at, &value)
        while code == MDB_SUCCESS {
            let keyBytes = unsafe UnsafeRawBufferPointer(start: at.mv_data, count: at.mv_size)
            let valueBytes = unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
            guard unsafe body(keyBytes.bytes, valueBytes.bytes) else { return }
            code = unsafe mdb_cursor_get(cursor, &at, &value, MDB_NEXT)
        }
        if code != MDB_NOTFOUND { throw codes.error(code, "mdb_cursor_get") }
    }

    /// How many keys the database has.
    package func count(of database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        try unsafe codes.check(mdb_stat(transaction, database.handle, &statistics), "mdb_stat")
        return Int(statistics.ms_entries)
    }

    private func seek(
        _ cursor: OpaquePointer,
        after key: [UInt8]?,
        _ at: inout MDB_val,
        _ value: inout MDB_val
    ) -> Int32 {
        guard let key, !key.isEmpty else { return unsafe mdb_cursor_get(cursor, &at, &value, MDB_FIRST) }
        let code = unsafe key.withUnsafeBytes { bytes in
            unsafe at = unsafe MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return unsafe mdb_cursor_get(cursor, &at, &value, MDB_SET_RANGE)
        }
        guard code == MDB_SUCCESS else { return code }
        let found = unsafe UnsafeRawBufferPointer(start: at.mv_data, count: at.mv_size)
        guard unsafe found.elementsEqual(key) else { return code }
        return unsafe mdb_cursor_get(cursor, &at, &value, MDB_NEXT)
    }
}
