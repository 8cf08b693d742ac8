internal import CLMDB

/// A read transaction that is used again and again: about 0.7 µs a read, no allocation.
///
/// Owned by one thread, event loop or actor at a time. It keeps its reader slot for life, but holds no old
/// pages back between reads.
@safe package final class ReadSnapshot {
    /// The environment it reads.
    package let environment: Environment
    private let transaction: OpaquePointer
    private var isReading = false

    /// Takes a reader slot; throws `LMDBError.readersFull` when there is none left.
    package init(_ environment: Environment) throws(LMDBError) {
        self.environment = environment
        unsafe transaction = try unsafe environment.begin(flags: UInt32(MDB_RDONLY))
        unsafe mdb_txn_reset(transaction)
    }

    deinit { unsafe mdb_txn_abort(transaction) }

    /// Runs `body` on the newest committed state, which does not change until `body` returns.
    ///
    /// Keep `body` short: pages that a writer frees meanwhile cannot be reused. Not reentrant.
    package func read<Value>(
        _ body: (borrowing ReadView) throws(LMDBError) -> Value
    ) throws(LMDBError) -> Value {
        try begin()
        defer { end() }
        return try withView(body)
    }

    /// Moves to the newest committed state and holds it until `end`; every `begin` needs its `end`.
    package func begin() throws(LMDBError) {
        let codes = environment.codes
        guard !isReading else { throw codes.error(MDB_BAD_TXN, "reading inside a read") }
        try unsafe codes.check(mdb_txn_renew(transaction), "mdb_txn_renew")
        isReading = true
    }

    /// Lets go of the state that `begin` took; without one it does nothing.
    package func end() {
        guard isReading else { return }
        unsafe mdb_txn_reset(transaction)
        isReading = false
    }

    /// Lends the state taken by `begin`; outside of it this throws.
    package func withView<Value>(
        _ body: (borrowing ReadView) throws(LMDBError) -> Value
    ) throws(LMDBError) -> Value {
        guard isReading else { throw environment.codes.error(MDB_BAD_TXN, "reading after the end") }
        return try body(unsafe ReadView(transaction: transaction, codes: environment.codes))
    }

    /// Number of the newest committed transaction in the state taken by `begin`; outside of it this throws.
    package func transactionNumber() throws(LMDBError) -> UInt64 {
        guard isReading else { throw environment.codes.error(MDB_BAD_TXN, "reading after the end") }
        return unsafe ReadView(transaction: transaction, codes: environment.codes).transactionNumber
    }

    /// Lends the value of `key` in the state taken by `begin`, where there is one; outside of it this throws.
    ///
    /// Not generic, for whoever reads once a request.
    package func lend(
        in database: Database,
        of key: [UInt8],
        _ body: (RawSpan) -> Void
    ) throws(LMDBError) {
        guard isReading else { throw environment.codes.error(MDB_BAD_TXN, "reading after the end") }
        try unsafe ReadView(transaction: transaction, codes: environment.codes)
            .lend(in: database, of: key, body)
    }
}
