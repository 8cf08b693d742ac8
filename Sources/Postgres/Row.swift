import CLibpq

/// One row of a query's answer, valid only inside the closure that it is lent to.
///
/// Columns count from 0. A column of another type than asked for, or NULL where a value is asked for, throws
/// `protocolViolation`: the statement and its reader disagree.
@safe package struct Row: ~Copyable {
    private let result: OpaquePointer
    private let row: Int32

    init(result: OpaquePointer, row: Int32) { unsafe (self.result, self.row) = (result, row) }

    package func isNull(_ column: Int) -> Bool { unsafe PQgetisnull(result, row, Int32(column)) == 1 }

    package func int2(_ column: Int) throws(PostgresError) -> Int16 {
        try integer(column, Int16.self, oid: TypeOID.int2)
    }
    package func int4(_ column: Int) throws(PostgresError) -> Int32 {
        try integer(column, Int32.self, oid: TypeOID.int4)
    }
    package func int8(_ column: Int) throws(PostgresError) -> Int64 {
        try integer(column, Int64.self, oid: TypeOID.int8)
    }
    package func bool(_ column: Int) throws(PostgresError) -> Bool {
        try integer(column, UInt8.self, oid: TypeOID.bool) != 0
    }
    /// Microseconds since 1970-01-01T00:00:00Z.
    package func timestamptz(_ column: Int) throws(PostgresError) -> Int64 {
        Epoch.microseconds1970(try integer(column, Int64.self, oid: TypeOID.timestamptz))
    }
    /// Microseconds since 1970-01-01T00:00:00Z, nil for NULL.
    package func optionalTimestamptz(_ column: Int) throws(PostgresError) -> Int64? {
        isNull(column) ? nil : try timestamptz(column)
    }
    /// Days since 1970-01-01.
    package func date(_ column: Int) throws(PostgresError) -> Int32 {
        Epoch.days1970(try integer(column, Int32.self, oid: TypeOID.date))
    }
    /// Days since 1970-01-01, nil for NULL.
    package func optionalDate(_ column: Int) throws(PostgresError) -> Int32? {
        isNull(column) ? nil : try date(column)
    }

    /// The UTF-8 of a `text` or `varchar` column.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
        try expect(column, TypeOID.text, TypeOID.varchar)
        return unsafe Array(raw(column))
    }
    package func text(_ column: Int) throws(PostgresError) -> String {
        String(decoding: try bytes(column), as: UTF8.self)
    }
    /// The UUID in its usual form: 36 characters, lower case.
    package func uuid(_ column: Int) throws(PostgresError) -> String {
        try expect(column, TypeOID.uuid, TypeOID.uuid)
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in unsafe Array(raw(column)).enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func integer<Value: FixedWidthInteger>(
        _ column: Int,
        _ type: Value.Type,
        oid: UInt32
    ) throws(PostgresError) -> Value {
        try expect(column, oid, oid)
        let bytes = unsafe raw(column)
        guard bytes.count == Value.bitWidth / 8 else {
            throw .protocolViolation("column \(column) holds \(bytes.count) bytes, not \(Value.bitWidth / 8)")
        }
        return unsafe Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    /// Also keeps a column number beyond the answer from reaching libpq's length call.
    private func expect(_ column: Int, _ first: UInt32, _ second: UInt32) throws(PostgresError) {
        let found = unsafe PQftype(result, Int32(column))
        guard found == first || found == second else {
            throw .protocolViolation("column \(column) is of type \(found), not \(first)")
        }
        guard !isNull(column) else { throw .protocolViolation("column \(column) is NULL") }
    }

    private func raw(_ column: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, Int32(column)),
            count: Int(PQgetlength(result, row, Int32(column)))
        )
    }
}
