import Foundation
import TestKit

/// Reads result files back as other people's tools read them.
enum ResultFiles {
    static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]

    typealias Line = [String: String]

    struct Unreadable: Error { let error: String }

    /// Python's csv module, strict: each line by column name.
    static func csv(_ path: String) throws -> [Line] {
        try run(
            "python3",
            """
            import csv, json, sys
            with open(sys.argv[1], newline="", encoding="utf-8") as file:
                assert file.read().endswith("\\r\\n")
                file.seek(0)
                reader = csv.DictReader(file, strict=True)
                rows = list(reader)
            assert all(None not in row and None not in row.values() for row in rows)
            print(json.dumps(rows))
            """,
            path
        )
    }

    /// Python's json over zstdcat; values as the CSV has them.
    static func json(_ path: String) throws -> [Line] {
        try run(
            "python3",
            """
            import json, subprocess, sys
            text = subprocess.run(["zstdcat", sys.argv[1]], check=True, capture_output=True).stdout.decode("utf-8")
            assert text == "" or text.endswith("\\n")
            word = lambda v: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v)
            print(json.dumps([{k: word(v) for k, v in json.loads(line).items()} for line in text.split("\\n")[:-1]]))
            """,
            path
        )
    }

    /// DuckDB over a CSV or an NDJSON.zst file.
    static func duckDB(_ path: String) throws -> [Line] {
        guard let python else { throw Unreadable(error: "no Python with DuckDB") }
        return try run(
            python,
            """
            import duckdb, json, sys
            path = sys.argv[1]
            if path.endswith(".csv"):
                table = duckdb.read_csv(path, header=True, all_varchar=True, sep=",", quotechar='"', escapechar='"')
            else:
                columns = duckdb.sql(f"DESCRIBE SELECT * FROM read_json('{path}', format='newline_delimited')").fetchall()
                spec = "{" + ",".join(f"{name[0]}: 'VARCHAR'" for name in columns) + "}"
                table = duckdb.sql(f"SELECT * FROM read_json('{path}', format='newline_delimited', columns={spec})")
            names = table.columns
            print(json.dumps([dict(zip(names, ["" if v is None else str(v) for v in row])) for row in table.fetchall()]))
            """,
            path
        )
    }

    private static func run(_ python: String, _ script: String, _ path: String) throws -> [Line] {
        let result = try Command.run("/usr/bin/env", [python, "-c", script, path])
        guard result.status == 0 else { throw Unreadable(error: result.error) }
        return try JSONDecoder().decode([Line].self, from: result.output)
    }
}
