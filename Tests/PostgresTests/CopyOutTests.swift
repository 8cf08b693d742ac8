import BlockingLane
import Postgres
import Synchronization
import TestKit
import Testing

/// A binary COPY from the server: every value as a query reads it, whole or stopped early.
@Suite struct CopyOutTests {
    private func fresh() async throws -> Session {
        Session(
            conninfo: try await ThrowawayPostgres.freshDatabase(),
            lane: BlockingLane(label: "copy out test")
        )
    }

    private struct Values: Equatable {
        var number: Int32
        var long: Int64?
        var flag: Bool
        var text: String?
        var time: Int64?
        var day: Int32?
    }

    private static func read(_ tuple: inout TupleReader) throws -> Values {
        try tuple.expect(fieldCount: 6)
        var bytes: [UInt8] = []
        let (number, long, flag) = (try tuple.int4(), try tuple.optionalInt8(), try tuple.bool())
        let text = try tuple.text(into: &bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        return Values(
            number: number,
            long: long,
            flag: flag,
            text: text,
            time: try tuple.optionalTimestamptz(),
            day: try tuple.optionalDate()
        )
    }

    private static let statement = """
        COPY (VALUES (1::int4, 2::int8, true, 'é'::varchar(9), '2000-01-01 00:00:00.000001Z'::timestamptz,
            '1969-12-31'::date), (-2147483648, NULL, false, NULL, NULL, NULL),
            (2147483647, -9223372036854775808, true, '', '1970-01-01Z', '1970-01-01')) TO STDOUT (FORMAT binary)
        """

    @Test func `tuples hold what the server has`() async throws {
        let found = try await fresh().readOnlySnapshot { transaction in
            var found: [Values] = []
            let count = try transaction.copyOut(Self.statement) { found.append(try Self.read(&$0)) }
            #expect(count == 3)
            return found
        }
        let expected = [
            Values(number: 1, long: 2, flag: true, text: "é", time: 946_684_800_000_001, day: -1),
            Values(number: .min, long: nil, flag: false, text: nil, time: nil, day: nil),
            Values(number: .max, long: .min, flag: true, text: "", time: 0, day: 0),
        ]
        #expect(found == expected)
    }

    @Test func `an empty answer is an answer`() async throws {
        let count = try await fresh().readOnlySnapshot { transaction in
            try transaction.copyOut("COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)") { _ in
                Issue.record("there is no tuple")
            }
        }
        #expect(count == 0)
    }

    struct Enough: Error {}

    @Test func `a reader that stops early leaves the transaction usable up to its rollback`() async throws {
        let session = try await fresh()
        let seen = Mutex(0)
        await #expect(throws: Enough.self) {
            try await session.readOnlySnapshot { transaction in
                let sql = "COPY (SELECT generate_series(1, 10000000)) TO STDOUT (FORMAT binary)"
                try transaction.copyOut(sql) { _ in
                    if seen.withLock({ seen in
                        seen += 1
                        return seen == 1000
                    }) {
                        throw Enough()
                    }
                }
            }
        }
        #expect(seen.withLock { $0 } == 1000)
        try await session.transaction { try $0.script("SELECT 1") }
    }

    @Test func `an error in the middle is the server's own`() async throws {
        let session = try await fresh()
        let error = await #expect(throws: PostgresError.self) {
            try await session.readOnlySnapshot { transaction in
                let sql =
                    "COPY (SELECT 1 / (50000 - n) FROM generate_series(1, 100000) n) TO STDOUT (FORMAT binary)"
                try transaction.copyOut(sql) { _ in }
            }
        }
        #expect(error?.sqlstate == "22012")
        try await session.transaction { try $0.script("SELECT 1") }
    }

    @Test func `a field of another size or too many fields is refused`() async throws {
        let session = try await fresh()
        for read: @Sendable (inout TupleReader) throws -> Void in [
            { try $0.expect(fieldCount: 2) },
            { tuple in
                try tuple.expect(fieldCount: 1)
                _ = try tuple.int8()
            },
            { tuple in
                try tuple.expect(fieldCount: 1)
                _ = try tuple.int4()
                _ = try tuple.int4()
            },
        ] {
            let error = await #expect(throws: PostgresError.self) {
                try await session.readOnlySnapshot { transaction in
                    try transaction.copyOut("COPY (SELECT 1::int4) TO STDOUT (FORMAT binary)") {
                        try read(&$0)
                    }
                }
            }
            guard case .protocolViolation = error else {
                Issue.record("expected protocolViolation, found \(String(describing: error))")
                continue
            }
        }
    }
}
