import Foundation
import TestKit
import Testing

/// The queries that README shows to analysts run over real segments and give the right answers.
@Suite struct AnalystQueryTests {
    private static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Zones, fractions, small letters and keys that nobody asked for, as RFC 3339 and producers may write them.
    private static let oddLines = [
        #"{"id":"odd 1","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T23:30:00-02:00","userId":"odd","payload":{}}"#,
        #"{"id":"odd 2","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T23:30:00Z","userId":"odd"}"#,
        #"{"id":"odd 3","name":"statItemUpdated","namespace":"demo","timestamp":"2026-01-06T01:00:00.1234567+05:30","userId":"odd","payload":{"statCode":"k","latestValue":-1.5,"extra":[1]},"more":{"x":1}}"#,
        #"{"id":"odd 4","name":"statItemUpdated","namespace":"demo","timestamp":"2026-01-05t01:00:00.5z","userId":"odd","payload":{"statCode":"k","latestValue":12345678901}}"#,
        #"{"id":"odd 5","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z","userId":"e\u0301"}"#,
        #"{"id":"odd 6","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z","userId":"\u00e9"}"#,
    ]

    /// The answers as this test works them out, one table a query.
    private struct Answers {
        var tables: [[[String]]] = []

        init(_ lines: [Data], player: String) throws {
            struct Event {
                let (id, name, day, time, user): (String, String, String, String, String)
                let (stat, value, goal): (String, Double?, String)
            }
            let formatter = ISO8601DateFormatter()
            let events = try lines.map { line -> Event in
                let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
                let payload = object["payload"] as? [String: Any] ?? [:]
                // The oracle reads capitals only; small letters mean the same.
                let stamp = try #require(object["timestamp"] as? String).uppercased()
                let microseconds = try NaiveTime.parse(stamp)
                let second = microseconds / 1_000_000
                let text = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
                let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
                return Event(
                    id: try #require(object["id"] as? String),
                    name: try #require(object["name"] as? String),
                    day: String(text.prefix(10)),
                    time: text.dropLast() + ".\(fraction)Z",
                    user: try #require(object["userId"] as? String),
                    stat: payload["statCode"] as? String ?? "",
                    value: (payload["latestValue"] as? NSNumber)?.doubleValue,
                    goal: payload["goalId"] as? String ?? ""
                )
            }
            let users = { (some: [Event]) in String(Set(some.map { Array($0.user.utf8) }).count) }
            let days = Dictionary(grouping: events) { [$0.day, $0.name] }
            tables.append(
                days.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, some in
                    key + [String(some.count), users(some)]
                }
            )
            let stats = Dictionary(grouping: events.filter { $0.name == "statItemUpdated" }, by: \.stat)
            let ranked = stats.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(10)
            tables.append(
                ranked.map { stat, some in
                    [stat, String(some.count), Self.text(some.compactMap(\.value).max())]
                }
            )
            tables.append([[users(events)]])
            tables.append(
                events.filter { $0.user.utf8.elementsEqual(player.utf8) }.sorted {
                    ($0.time, $0.id) < ($1.time, $1.id)
                }
                .map { [$0.time, $0.name, $0.stat, Self.text($0.value), $0.goal] }
            )
        }

        private static func text(_ value: Double?) -> String {
            value.map { String(format: "%.17g", $0) } ?? ""
        }
    }

    /// The blocks of README fenced with this language, after the line that names the reader.
    private func block(after heading: String, _ language: String) throws -> String {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let section = try #require(readme.range(of: heading)).upperBound
        let start = try #require(readme[section...].range(of: "```\(language)\n")).upperBound
        let end = try #require(readme[start...].range(of: "```")).lowerBound
        return String(readme[start..<end])
    }

    private static let driver = """
        import datetime, json, sys
        reader, text = sys.argv[1], sys.argv[2]
        def word(value):
            if value is None: return ""
            if isinstance(value, datetime.datetime):
                if value.tzinfo is None: value = value.replace(tzinfo=datetime.timezone.utc)
                return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if isinstance(value, datetime.date): return value.isoformat()
            if isinstance(value, float): return "%.17g" % value
            return str(value)
        tables = []
        if reader == "polars":
            names = {}
            exec(text, names)
            tables = [names[name].rows() for name in ("by_day", "stats", "players", "history")]
        else:
            if reader == "duckdb":
                import duckdb
                connection = duckdb.connect()
                def ask(sql):
                    answer = connection.execute(sql)
                    return answer.fetchall() if answer.description else []
            else:
                import chdb.session
                session = chdb.session.Session()
                def ask(sql):
                    if not sql.lstrip().startswith("SELECT"):
                        session.query(sql)
                        return []
                    table = session.query(sql, "ArrowTable")
                    return [tuple(row[name] for name in table.column_names) for row in table.to_pylist()]
            lines = [line for line in text.split("\\n") if not line.startswith("--")]
            for sql in "\\n".join(lines).split(";"):
                if not sql.strip(): continue
                rows = ask(sql.strip())
                if sql.strip().startswith("SELECT"): tables.append(rows)
        print(json.dumps([[[word(value) for value in row] for row in table] for table in tables]))
        """

    @Test(
        .enabled(
            if: python != nil,
            "GOALPOST_PYTHON names no Python with chdb, duckdb and polars; jobs/test sets it"
        )
    )
    func `DuckDB, chdb and polars answer README's questions alike, and rightly`() throws {
        let directory = try TemporaryDirectory()
        let fixtures = Self.root.appending(path: "fixtures/demo").path()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: "postgresql:///nothing-here-asks-it",
            extra: ["GOALPOST_SEGMENT_BYTES_MAX": "1000000"]
        )
        try program.succeed("init", "--challenges", fixtures + "/challenges.json")
        try program.succeed("ingest", fixtures + "/events.ndjson.zst")
        let odd = directory.path + "/odd.ndjson"
        try Data((Self.oddLines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: odd))
        try program.succeed("ingest", odd)
        let log = program.data + "/log/events"
        #expect(try FileManager.default.contentsOfDirectory(atPath: log).count { $0.hasSuffix(".zst") } > 2)

        let all = try Command.run("/bin/sh", ["-c", "zstdcat \(log)/*.ndjson.zst"])
        let lines = all.output.split(separator: 0x0A).map { Data($0) }
        #expect(lines.count == 100_000 + Self.oddLines.count)
        let python = try #require(Self.python)
        for player in ["odd", "f33fdf079756a5f38960d651c904375a"] {
            let expected = try Answers(lines, player: player).tables
            #expect(expected.map(\.isEmpty) == [false, false, false, false])
            for (reader, heading, language) in [
                ("duckdb", "\nDuckDB:\n", "sql"), ("chdb", "\nchdb (", "sql"),
                ("polars", "\npolars:\n", "python"),
            ] {
                let text = try block(after: heading, language)
                    .replacingOccurrences(of: "/var/lib/goalpost", with: program.data)
                    .replacingOccurrences(of: "PLAYER", with: player)
                let read = try Command.run(python, ["-c", Self.driver, reader, text])
                #expect(read.status == 0, "\(reader): \(read.error)")
                let tables = try JSONDecoder().decode([[[String]]].self, from: read.output)
                #expect(tables.count == expected.count, "\(reader)")
                for (index, (found, right)) in zip(tables, expected).enumerated() {
                    let different = zip(found, right).first { $0 != $1 }
                    #expect(found.count == right.count, "\(reader), question \(index)")
                    #expect(different == nil, "\(reader), question \(index)")
                }
            }
        }
    }
}
