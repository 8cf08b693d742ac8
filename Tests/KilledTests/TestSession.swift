import BlockingLane
import Postgres

/// Sessions of the tests' own.
enum TestSession {
    static func make(_ conninfo: String) -> Session {
        Session(conninfo: conninfo, lane: BlockingLane(label: "killed-tests"))
    }

    /// Runs one statement in a session that is closed again.
    static func statement(_ sql: String, at url: String) async throws {
        let session = make(url)
        try await session.statement(sql)
        await session.close()
    }

    /// The first column of all rows, as text.
    static func texts(_ sql: String, at url: String) async throws -> [String] {
        let session = make(url)
        let texts = try await session.readOnlySnapshot { transaction in
            var texts: [String] = []
            try transaction.query(sql) { row in texts.append(row.isNull(0) ? "" : try row.text(0)) }
            return texts
        }
        await session.close()
        return texts
    }
}
