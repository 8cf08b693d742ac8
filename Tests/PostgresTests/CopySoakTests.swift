import BlockingLane
import Postgres
import TestKit
import Testing

/// Random rows of every column type go to a real server and come back, both ways of binary COPY and by query.
@Suite struct CopySoakTests {
    private struct Values: Equatable, Sendable {
        var int4: Int32
        var int8: Int64?
        var bool: Bool
        var text: [UInt8]?
        var time: Int64?
        var date: Int32?

        init(_ random: inout SplitMix64) {
            int4 = random.pick([0, 1, -1, .min, .max, Int32(truncatingIfNeeded: random.next())])
            int8 = random.pick([nil, 0, -1, .min, .max, Int64(bitPattern: random.next())])
            bool = random.oneIn(2)
            text = random.oneIn(5) ? nil : Self.text(&random)
            // What the server takes: 4713 BC to 294276 AD, and both infinities.
            let epoch: Int64 = 10_957 * 86_400_000_000
            time = random.pick([
                nil, 0, -1, epoch &+ .min, epoch &+ .max, -210_866_803_200_000_000, 9_223_372_036_854_775_000,
                Int64.random(in: -210_866_803_200_000_000...9_223_372_036_854_775_000, using: &random),
            ])
            date = random.pick([
                nil, 0, -1, 10_957 &+ .min, 10_957 &+ .max, -2_440_588, 2_145_042_000,
                Int32.random(in: -2_440_588...100_000_000, using: &random),
            ])
        }

        init(_ tuple: inout TupleReader) throws {
            try tuple.expect(fieldCount: 6)
            (int4, int8, bool) = (try tuple.int4(), try tuple.optionalInt8(), try tuple.bool())
            var bytes: [UInt8] = []
            text = try tuple.text(into: &bytes).map { Array(bytes[$0]) }
            (time, date) = (try tuple.optionalTimestamptz(), try tuple.optionalDate())
        }

        /// Scalars of all lengths in UTF-8 but U+0000, which no text can hold.
        private static func text(_ random: inout SplitMix64) -> [UInt8] {
            let count = random.pick([0, 1, 3, 40, 300])
            let scalars = (0..<count).compactMap { _ in
                let most = random.pick([0x7F, 0x7FF, 0xFFFF, 0x10FFFF])
                return Unicode.Scalar(UInt32(random.number(1...most)))
            }
            return Array(String(String.UnicodeScalarView(scalars)).utf8)
        }
    }

    private static let create =
        "CREATE TABLE public.v (n int8, i4 int4, i8 int8, b bool, t text, at timestamptz, d date)"
    private static let columns = "i4, i8, b, t, at, d"

    private func fresh() async throws -> Session {
        Session(
            conninfo: try await ThrowawayPostgres.freshDatabase(),
            lane: BlockingLane(label: "copy soak test")
        )
    }

    @Test func `random rows come back byte for byte`() async throws {
        let session = try await fresh()
        try await session.transaction { try $0.script(Self.create) }
        for seed in try SeedRun(1...12) {
            var random = SplitMix64(seed: seed)
            let rows = (0..<random.number(0...400)).map { _ in Values(&random) }
            let chunkBytes = random.pick([1, 100, 4096, 1 << 20])
            let found = try await session.transaction { transaction -> [Values] in
                try transaction.script("TRUNCATE public.v")
                let sql = "COPY public.v FROM STDIN (FORMAT binary)"
                try transaction.copyIn(sql, chunkBytes: chunkBytes) { writer in
                    for (number, row) in rows.enumerated() {
                        try writer.row(fieldCount: 7)
                        writer.int8(Int64(number))
                        writer.int4(row.int4)
                        if let value = row.int8 { writer.int8(value) } else { writer.null() }
                        writer.bool(row.bool)
                        if let value = row.text { writer.text(value) } else { writer.null() }
                        writer.timestamptz(row.time)
                        writer.date(row.date)
                    }
                }
                var found: [Values] = []
                let out =
                    "COPY (SELECT \(Self.columns) FROM public.v ORDER BY n) TO STDOUT (FORMAT binary)"
                try transaction.copyOut(out) { found.append(try Values(&$0)) }
                return found
            }
            #expect(found.count == rows.count, "seed \(seed)")
            let first = zip(found, rows).enumerated().first { $0.element.0 != $0.element.1 }
            #expect(first == nil, "seed \(seed): row \(String(describing: first))")
        }
    }

    /// What kinds of field there are, how the server is asked for one, and how it is read.
    private enum Field: CaseIterable {
        case int4, int8, bool, text, time, date, null

        var sql: String {
            switch self {
            case .int4: "7::int4"
            case .int8: "7::int8"
            case .bool: "true"
            case .text: "'seven'::text"
            case .time: "'2026-01-01Z'::timestamptz"
            case .date: "'2026-01-01'::date"
            case .null: "NULL::int8"
            }
        }

        /// Bytes that the server sends of it; nil for none.
        var byteCount: Int? {
            switch self {
            case .int4, .date: 4
            case .int8, .time: 8
            case .bool: 1
            case .text: 5
            case .null: nil
            }
        }
    }

    /// Reads a field as another kind: by its size it passes, or it is refused; never anything else.
    private static func read(_ tuple: inout TupleReader, as kind: Field) throws -> Bool {
        var bytes: [UInt8] = []
        do throws(PostgresError) {
            switch kind {
            case .int4: _ = try tuple.int4()
            case .int8: _ = try tuple.int8()
            case .bool: _ = try tuple.bool()
            case .text: _ = try tuple.text(into: &bytes)
            case .time: _ = try tuple.optionalTimestamptz()
            case .date: _ = try tuple.optionalDate()
            case .null: _ = try tuple.optionalInt8()
            }
            return true
        } catch {
            guard case .protocolViolation = error else { throw error }
            return false
        }
    }

    private static func fits(_ field: Field, as kind: Field) -> Bool {
        switch kind {
        case .text: true
        case .time, .null: field.byteCount == nil || field.byteCount == 8
        case .date: field.byteCount == nil || field.byteCount == 4
        case .int4, .int8, .bool: field.byteCount == kind.byteCount
        }
    }

    @Test func `a field of another kind than asked for passes by its size or is refused`() async throws {
        let session = try await fresh()
        for seed in try SeedRun(1...40) {
            var random = SplitMix64(seed: seed)
            let fields = (0..<random.number(1...8)).map { _ in random.pick(Field.allCases) }
            let kinds = fields.map { random.oneIn(2) ? $0 : random.pick(Field.allCases) }
            let wanted = zip(fields, kinds).map { Self.fits($0, as: $1) }
            let asked = random.oneIn(5) ? fields.count + random.pick([-1, 1]) : fields.count
            let list = fields.map(\.sql).joined(separator: ", ")
            let read = try await session.readOnlySnapshot { transaction -> [Bool]? in
                var read: [Bool]? = []
                try transaction.copyOut("COPY (SELECT \(list)) TO STDOUT (FORMAT binary)") { tuple in
                    do throws(PostgresError) { try tuple.expect(fieldCount: asked) } catch {
                        read = nil
                        return
                    }
                    for kind in kinds {
                        let isRead = try Self.read(&tuple, as: kind)
                        read?.append(isRead)
                        // After a refusal nobody knows where the next field begins.
                        if !isRead { return }
                    }
                    // Nothing is left to read.
                    #expect(try !Self.read(&tuple, as: .text), "seed \(seed)")
                }
                return read
            }
            if asked != fields.count {
                #expect(read == nil, "seed \(seed)")
            } else {
                let until = wanted.firstIndex(of: false).map { Array(wanted[...$0]) } ?? wanted
                #expect(read == until, "seed \(seed): \(fields) as \(kinds)")
            }
        }
    }
}
