import Foundation
import Jobs
import SampleData
import TestKit
import Testing

/// Other people's tools read the segments: sealed ones, the one being written, and compressed input.
@Suite struct OtherReadersTests {
    static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]

    @Test(
        .enabled(
            if: python != nil,
            "GOALPOST_PYTHON names no Python with duckdb and polars; jobs/test sets it"
        )
    )
    func `zstdcat, DuckDB and polars count the records that status counts`() async throws {
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_SEGMENT_BYTES_MAX": "1000000"]
        )
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/demo").path()
        try program.succeed("init", "--challenges", fixtures + "/challenges.json")
        try program.succeed("ingest", fixtures + "/events.ndjson.zst")
        try program.succeed("run", "fold")
        let status = try JSONSerialization.jsonObject(
            with: Data(try program.succeed("status", "--json").utf8)
        )
        let report = try #require(status as? [String: Any])
        #expect(report["logEnd"] as? Int == 100_000)
        #expect(try #require(report["segments"] as? Int) > 2)
        #expect(report["lagRecords"] as? Int == 0)

        let segments = program.data + "/log/events/*.ndjson.zst"
        let lines = try Command.run("/bin/sh", ["-c", "zstdcat \(segments) | wc -l"])
        #expect(lines.status == 0, "\(lines.error)")
        #expect(String(decoding: lines.output, as: UTF8.self).contains("100000"))

        let script = """
            import sys, glob, duckdb, polars
            files = sorted(glob.glob(sys.argv[1]))
            rows = duckdb.sql(f"SELECT count(*), count(DISTINCT id), count(userId) FROM read_json({files}, format='newline_delimited')").fetchall()[0]
            assert tuple(rows) == (100000, 100000, 100000), rows
            count = sum(polars.scan_ndjson(f, infer_schema_length=None).select(polars.len()).collect().item() for f in files)
            assert count == 100000, count
            print("same")
            """
        let python = try #require(Self.python)
        let read = try Command.run(python, ["-c", script, segments])
        #expect(read.status == 0, "\(read.error)")
        #expect(String(decoding: read.output, as: UTF8.self) == "same\n")
    }
}
