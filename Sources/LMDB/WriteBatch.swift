internal import CLMDB

/// An open write transaction; lent by `Environment.write`, never kept.
@safe package struct WriteBatch: ~Copyable {
    /// Reads in the transaction, its own changes included.
    ///
    /// Bytes lent end with the next change.
    package let view: ReadView

    init(transaction: OpaquePointer, codes: ReturnCode) {
        view = unsafe ReadView(transaction: transaction, codes: codes)
    }

    /// Stores `value` under `key`, in place of an older one.
    ///
    /// Throws `LMDBError.keyOutOfRange`, or `LMDBError.mapFull` when the map cannot hold it.
    package func put(_ value: [UInt8], in database: Database, under key: [UInt8]) throws(LMDBError) {
        guard !key.isEmpty, key.count <= Environment.keyBytesMax else {
            throw .keyOutOfRange(byteCount: key.count)
        }
        let code = unsafe key.withUnsafeBytes { keyBytes in
            unsafe value.withUnsafeBytes { valueBytes in
                var keyValue = unsafe MDB_val(
                    mv_size: keyBytes.count,
                    mv_data: UnsafeMutableRawPointer(mutating: keyBytes.baseAddress)
                )
                var dataValue = unsafe MDB_val(
                    mv_size: valueBytes.count,
                    mv_data: UnsafeMutableRawPointer(mutating: valueBytes.baseAddress)
                )
                return unsafe mdb_put(view.transaction, database.handle, &keyValue, &dataValue, 0)
            }
        }
        try view.codes.check(code, "mdb_put")
    }

    /// Removes `key`; false when it was not there.
    @discardableResult
    package func remove(_ key: [UInt8], from database: Database) throws(LMDBError) -> Bool {
        guard !key.isEmpty, key.count <= Environment.keyBytesMax else { return false }
        let code = unsafe key.withUnsafeBytes { bytes in
            var wanted = unsafe MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return unsafe mdb_del(view.transaction, database.handle, &wanted, nil)
        }
        if code == MDB_NOTFOUND { return false }
        try view.codes.check(code, "mdb_del")
        return true
    }

    /// Removes every key of the database, which itself stays.
    package func removeAll(from database: Database) throws(LMDBError) {
        try unsafe view.codes.check(mdb_drop(view.transaction, database.handle, 0), "mdb_drop")
    }
}
