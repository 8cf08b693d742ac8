internal import CLMDB

/// A named database of an environment; valid as long as the environment is open.
package struct Database: Hashable, Sendable {
    let handle: UInt32

    /// Opens the database in `transaction`, which ends here in any case; nil when it is not there.
    init?(
        named name: String,
        in transaction: OpaquePointer,
        creating: Bool,
        codes: ReturnCode
    ) throws(LMDBError) {
        var handle: MDB_dbi = 0
        let flags = creating ? UInt32(MDB_CREATE) : 0
        let code = unsafe mdb_dbi_open(transaction, name, flags, &handle)
        guard code == MDB_SUCCESS else {
            unsafe mdb_txn_abort(transaction)
            if code == MDB_NOTFOUND, !creating { return nil }
            throw codes.error(code, "mdb_dbi_open")
        }
        // The handle outlives the transaction only when that is committed, read-only ones too.
        try unsafe codes.check(mdb_txn_commit(transaction), "mdb_txn_commit")
        self.handle = handle
    }
}
