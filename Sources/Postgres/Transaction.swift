/// An open transaction, lent to the closure that runs inside it; it ends when the closure does.
///
/// Every value goes to the server as a bound parameter. A statement's text is built from literals and from
/// integers that the caller formats, never from data.
package struct Transaction: ~Copyable {
    /// Least bytes that a COPY sends at once.
    package static let copyChunkBytes = 64 * 1024

    private let connection: Connection

    init(connection: Connection) { self.connection = connection }

    /// Runs statements without parameters, separated by semicolons; for DDL and settings.
    package func script(_ sql: String) throws(PostgresError) { try connection.script(sql) }

    /// Runs one statement and returns how many rows it touched.
    @discardableResult
    package func execute(_ sql: String, _ parameters: [Parameter] = []) throws(PostgresError) -> Int {
        try connection.execute(sql, parameters)
    }

    /// Runs one query and lends each row to `row` as it arrives, so that memory does not grow with the answer.
    ///
    /// Throws what `row` throws, after the rest of the answer was cancelled; a server error is a `PostgresError`.
    package func query(
        _ sql: String,
        _ parameters: [Parameter] = [],
        row: (borrowing Row) throws -> Void
    ) throws {
        try connection.query(sql, parameters, row)
    }

    /// Runs a `COPY … FROM STDIN (FORMAT binary)` with the rows that `body` writes; returns how many they were.
    ///
    /// A throw from `body` makes the server drop the COPY, and is rethrown.
    @discardableResult
    package func copyIn(
        _ sql: String,
        chunkBytes: Int = Transaction.copyChunkBytes,
        _ body: (inout CopyWriter) throws -> Void
    ) throws -> Int {
        try connection.beginCopyIn(sql)
        do {
            var writer = CopyWriter(connection: connection, sql: sql, chunkBytes: chunkBytes)
            try body(&writer)
            try writer.finish()
        } catch {
            do {
                _ = try connection.endCopyIn(failing: "the writer stopped", sql: sql)
            } catch {
                // Expected: the server confirms that it dropped the COPY. The first error is the one to tell.
            }
            throw error
        }
        return try connection.endCopyIn(failing: nil, sql: sql)
    }

    /// Runs a `COPY … TO STDOUT (FORMAT binary)` and lends each tuple to `tuple` as it arrives.
    ///
    /// About twice as fast as `query`, with memory that does not grow; it takes no parameters. Returns how many
    /// tuples there were. Throws what `tuple` throws, after the rest was cancelled.
    @discardableResult
    package func copyOut(_ sql: String, tuple: (inout TupleReader) throws -> Void) throws -> Int {
        try connection.beginCopyOut(sql)
        do {
            var isStarted = false
            while try unsafe connection.nextCopyData(
                sql: sql,
                { message in
                    var start = 0
                    if !isStarted {
                        start = try unsafe CopyHeader.byteCount(message)
                        isStarted = true
                    }
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: message[start...])
                    // The header may come alone.
                    guard unsafe !rest.isEmpty, unsafe !CopyHeader.isTrailer(rest) else { return }
                    var reader = unsafe TupleReader(rest)
                    try tuple(&reader)
                }
            ) != nil {}
        } catch {
            connection.abandonCopyOut()
            throw error
        }
        return try connection.endCopyOut(sql: sql)
    }
}
