import BlockingLane
import Postgres
import Synchronization
import TestKit
import Testing

@Suite struct TransactionTests {
    private func fresh() async throws -> Session {
        Session(
            conninfo: try await ThrowawayPostgres.freshDatabase(),
            lane: BlockingLane(label: "transaction test")
        )
    }

    private static let create = """
        CREATE TABLE public.v (i2 int2, i4 int4, i8 int8, b bool, t text, v varchar(100), at timestamptz, d date,
            u uuid)
        """

    /// One row of every type, as COPY writes it and queries read it.
    private struct Values: Equatable, Sendable {
        var int2: Int16
        var int4: Int32
        var int8: Int64
        var bool: Bool
        var text: [UInt8]
        var time: Int64
        var date: Int32
    }

    private static let samples: [Values] = [
        Values(int2: 0, int4: 0, int8: 0, bool: false, text: [], time: 0, date: 0),
        Values(
            int2: .min,
            int4: .min,
            int8: .min,
            bool: true,
            text: Array("e\u{301}".utf8),
            time: -1,
            date: -1
        ),
        Values(
            int2: .max,
            int4: .max,
            int8: .max,
            bool: true,
            text: Array("é'\"\\\n\t%".utf8),
            time: 253_402_300_799_999_999,
            date: 2_932_896
        ),
        Values(
            int2: -1,
            int4: 1,
            int8: -1,
            bool: false,
            text: Array(repeating: 0x61, count: 70_000),
            time: 1,
            date: 1
        ),
    ]

    private static func read(_ transaction: borrowing Transaction) throws -> [Values] {
        var rows: [Values] = []
        try transaction.query("SELECT i2, i4, i8, b, t, at, d FROM public.v ORDER BY ctid") { row in
            rows.append(
                Values(
                    int2: try row.int2(0),
                    int4: try row.int4(1),
                    int8: try row.int8(2),
                    bool: try row.bool(3),
                    text: try row.bytes(4),
                    time: try row.timestamptz(5),
                    date: try row.date(6)
                )
            )
        }
        return rows
    }

    @Test(arguments: [1, 64, Transaction.copyChunkBytes])
    func `COPY brings back what it was given, whatever the chunk`(chunkBytes: Int) async throws {
        let rows = try await fresh().transaction { transaction in
            try transaction.script(Self.create)
            let sql = "COPY public.v (i2, i4, i8, b, t, at, d) FROM STDIN (FORMAT binary)"
            let copied = try transaction.copyIn(sql, chunkBytes: chunkBytes) { writer in
                for sample in Self.samples {
                    try writer.row(fieldCount: 7)
                    writer.int2(sample.int2)
                    writer.int4(sample.int4)
                    writer.int8(sample.int8)
                    writer.bool(sample.bool)
                    writer.text(sample.text)
                    writer.timestamptz(sample.time)
                    writer.date(sample.date)
                }
            }
            #expect(copied == Self.samples.count)
            return try Self.read(transaction)
        }
        #expect(rows == Self.samples)
    }

    @Test
    func `bound parameters bring back what they were given`() async throws {
        let rows = try await fresh().transaction { transaction in
            try transaction.script(Self.create)
            for sample in Self.samples {
                let affected = try transaction.execute(
                    "INSERT INTO public.v (i2, i4, i8, b, t, at, d) VALUES ($1::int4, $2, $3, $4, $5, $6, $7)",
                    [
                        .int4(Int32(sample.int2)), .int4(sample.int4), .int8(sample.int8), .bool(sample.bool),
                        .text(sample.text), .timestamptz(sample.time), .date(sample.date),
                    ]
                )
                #expect(affected == 1)
            }
            return try Self.read(transaction)
        }
        #expect(rows == Self.samples)
    }

    @Test
    func `arrays bring back what they were given, nulls and none too`() async throws {
        let rows = try await fresh().transaction { transaction in
            try transaction.script(Self.create)
            var (fours, eights) = (ArrayColumn(.int4), ArrayColumn(.int8))
            var (bools, texts) = (ArrayColumn(.bool), ArrayColumn(.text))
            var (times, dates) = (ArrayColumn(.timestamptz), ArrayColumn(.date))
            for sample in Self.samples {
                fours.append(int4: sample.int4)
                eights.append(int8: sample.int8)
                bools.append(bool: sample.bool)
                texts.append(text: sample.text)
                times.append(timestamptz: sample.time)
                dates.append(date: sample.date)
            }
            try transaction.execute(
                """
                INSERT INTO public.v (i2, i4, i8, b, t, at, d) SELECT 0, * FROM unnest($1::int4[], $2::int8[],
                    $3::bool[], $4::text[], $5::timestamptz[], $6::date[])
                """,
                [.array(fours), .array(eights), .array(bools), .array(texts), .array(times), .array(dates)]
            )
            return try Self.read(transaction)
        }
        #expect(
            rows
                == Self.samples.map {
                    var row = $0
                    row.int2 = 0
                    return row
                }
        )
    }

    @Test
    func `nulls are seen, and asking one for a value throws`() async throws {
        let session = try await fresh()
        try await session.transaction { transaction in
            var column = ArrayColumn(.timestamptz)
            column.append(timestamptz: nil)
            column.append(timestamptz: 5)
            var times: [Int64?] = []
            try transaction.query("SELECT unnest($1::timestamptz[])", [.array(column)]) { row in
                times.append(try row.optionalTimestamptz(0))
            }
            #expect(times == [nil, 5])
            var empty = 0
            try transaction.query("SELECT unnest($1::text[])", [.array(ArrayColumn(.text))]) { _ in empty += 1
            }
            #expect(empty == 0)
        }
        for sql in ["SELECT NULL::int4", "SELECT 1::int8", "SELECT 'x'::text"] {
            let error = await #expect(throws: PostgresError.self) {
                try await session.transaction { try $0.query(sql) { _ = try $0.int4(0) } }
            }
            guard case .protocolViolation = error else {
                Issue.record("\(sql): expected protocolViolation, found \(String(describing: error))")
                continue
            }
        }
        await #expect(throws: PostgresError.self, "a column that is not there") {
            try await session.transaction { try $0.query("SELECT 1") { _ = try $0.int4(3) } }
        }
    }

    @Test
    func `a UUID reads in its usual form`() async throws {
        let text = "00112233-4455-6677-8899-aabbccddeeff"
        let found = try await fresh().transaction { transaction in
            var found = ""
            try transaction.query("SELECT $1::text::uuid", [.text(text)]) { found = try $0.uuid(0) }
            return found
        }
        #expect(found == text)
    }

    @Test
    func `a reader that stops early leaves the session usable`() async throws {
        let session = try await fresh()
        let seen = Mutex(0)
        await #expect(throws: Refused(number: 3)) {
            try await session.transaction { transaction in
                try transaction.query("SELECT generate_series(1, 10000000)") { row in
                    seen.withLock { $0 += 1 }
                    if try row.int4(0) == 3 { throw Refused(number: 3) }
                }
            }
        }
        #expect(seen.withLock { $0 } == 3)
        try await session.transaction { try $0.script("SELECT 1") }
    }

    @Test
    func `an error in the middle of an answer is thrown`() async throws {
        let session = try await fresh()
        let error = await #expect(throws: PostgresError.self) {
            try await session.transaction { transaction in
                try transaction.query("SELECT 1 / (5 - i) FROM generate_series(1, 10) AS i") { _ in }
            }
        }
        #expect(error?.sqlstate == "22012")
    }

    @Test
    func `a writer that throws makes the server drop the COPY`() async throws {
        let session = try await fresh()
        try await session.transaction { try $0.script(Self.create) }
        let sql = "COPY public.v (i4) FROM STDIN (FORMAT binary)"
        await #expect(throws: Refused(number: 9)) {
            try await session.transaction { transaction in
                try transaction.copyIn(sql, chunkBytes: 1) { writer in
                    for number in Int32(1)...100 {
                        try writer.row(fieldCount: 1)
                        writer.int4(number)
                    }
                    throw Refused(number: 9)
                }
            }
        }
        #expect(try await session.transaction { try Self.read($0).count } == 0)
    }

    @Test
    func `what the server refuses in a COPY is a server error`() async throws {
        let session = try await fresh()
        try await session.transaction { try $0.script(Self.create) }
        let error = await #expect(throws: PostgresError.self) {
            try await session.transaction { transaction in
                try transaction.copyIn("COPY public.v (t) FROM STDIN (FORMAT binary)", chunkBytes: 1) {
                    writer in
                    for _ in 0..<1000 {
                        try writer.row(fieldCount: 1)
                        writer.text([0xFF, 0])
                    }
                }
            }
        }
        #expect(error?.sqlstate == "22021")
        try await session.transaction { try $0.script("SELECT 1") }
    }

    @Test
    func `a COPY given to the wrong call fails and leaves the session usable`() async throws {
        let session = try await fresh()
        try await session.transaction { try $0.script(Self.create) }
        await #expect(throws: PostgresError.self) {
            try await session.transaction { try $0.execute("COPY public.v (t) FROM STDIN") }
        }
        await #expect(throws: PostgresError.self) {
            try await session.transaction { try $0.copyIn("SELECT 1") { _ in } }
        }
        try await session.transaction { try $0.script("SELECT 1") }
    }
}
