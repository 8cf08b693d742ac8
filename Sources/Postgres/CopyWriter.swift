/// Writes the rows of one binary `COPY … FROM STDIN`, in chunks, so that memory stays bounded.
///
/// Each row is `row(fieldCount:)` followed by exactly that many fields in the order of the statement's columns,
/// with the columns' types: binary COPY converts nothing. A wrong count or size is refused by the server.
package struct CopyWriter: ~Copyable {
    private let connection: Connection
    private let sql: String
    private let chunkBytes: Int
    private var buffer: [UInt8] = []

    init(connection: Connection, sql: String, chunkBytes: Int) {
        self.connection = connection
        self.sql = sql
        self.chunkBytes = chunkBytes
        buffer.reserveCapacity(chunkBytes + 4096)
        buffer.append(contentsOf: "PGCOPY\n".utf8)
        buffer.append(contentsOf: [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    /// Begins a row; sends what is buffered when a chunk is full.
    package mutating func row(fieldCount: Int) throws(PostgresError) {
        if buffer.count >= chunkBytes { try flush() }
        buffer.appendBigEndian(Int16(fieldCount))
    }

    package mutating func null() { buffer.appendBigEndian(Int32(-1)) }
    package mutating func int2(_ value: Int16) { fixed(value) }
    package mutating func int4(_ value: Int32) { fixed(value) }
    package mutating func int8(_ value: Int64) { fixed(value) }
    package mutating func bool(_ value: Bool) { fixed(UInt8(value ? 1 : 0)) }

    /// UTF-8 without U+0000, for `text` and `varchar`.
    package mutating func text(_ utf8: some Collection<UInt8>) {
        buffer.appendBigEndian(Int32(utf8.count))
        buffer.append(contentsOf: utf8)
    }

    /// Microseconds since 1970-01-01T00:00:00Z, or NULL.
    package mutating func timestamptz(_ value: Int64?) {
        guard let value else { return null() }
        fixed(Epoch.microseconds2000(value))
    }

    /// Days since 1970-01-01, or NULL.
    package mutating func date(_ value: Int32?) {
        guard let value else { return null() }
        fixed(Epoch.days2000(value))
    }

    private mutating func fixed(_ value: some FixedWidthInteger) {
        buffer.appendBigEndian(Int32(value.bitWidth / 8))
        buffer.appendBigEndian(value)
    }

    private mutating func flush() throws(PostgresError) {
        try connection.putCopyData(buffer, sql: sql)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Sends the trailer and what is left.
    mutating func finish() throws(PostgresError) {
        buffer.appendBigEndian(Int16(-1))
        try flush()
    }
}
