/// Writes the rows of one binary `COPY … FROM STDIN`, in chunks, so that memory stays bounded.
///
/// The rows are as `CopyEncoder` says. A wrong count or size is refused by the server.
package struct CopyWriter: ~Copyable {
    private let connection: Connection
    private let sql: String
    private let chunkBytes: Int
    private var encoder: CopyEncoder

    init(connection: Connection, sql: String, chunkBytes: Int) {
        self.connection = connection
        self.sql = sql
        self.chunkBytes = chunkBytes
        encoder = CopyEncoder(capacity: chunkBytes + 4096)
        encoder.header()
    }

    /// Begins a row; sends what is buffered when a chunk is full.
    package mutating func row(fieldCount: Int) throws(PostgresError) {
        if encoder.byteCount >= chunkBytes { try flush() }
        encoder.row(fieldCount: fieldCount)
    }

    package mutating func null() { encoder.null() }
    package mutating func int2(_ value: Int16) { encoder.int2(value) }
    package mutating func int4(_ value: Int32) { encoder.int4(value) }
    package mutating func int8(_ value: Int64) { encoder.int8(value) }
    package mutating func bool(_ value: Bool) { encoder.bool(value) }

    /// UTF-8 without U+0000, for `text` and `varchar`.
    package mutating func text(_ utf8: [UInt8]) { encoder.text(utf8) }
    package mutating func text(_ utf8: ArraySlice<UInt8>) { encoder.text(utf8) }
    package mutating func text(_ utf8: String.UTF8View) { encoder.text(utf8) }

    /// Microseconds since 1970-01-01T00:00:00Z, or NULL.
    package mutating func timestamptz(_ value: Int64?) { encoder.timestamptz(value) }

    /// Days since 1970-01-01, or NULL.
    package mutating func date(_ value: Int32?) { encoder.date(value) }

    private mutating func flush() throws(PostgresError) {
        try connection.putCopyData(encoder.bytes, sql: sql)
        encoder.removeAll()
    }

    /// Sends the trailer and what is left.
    mutating func finish() throws(PostgresError) {
        encoder.trailer()
        try flush()
    }
}
