import BlockingLane
import Postgres
import TestKit
import Testing

@Suite struct DialTests {
    private func failure(dialling conninfo: String) async -> PostgresError? {
        let session = Session(conninfo: conninfo, lane: BlockingLane(label: "dial test"))
        return await #expect(throws: PostgresError.self) { try await session.transaction { _ in } }
    }

    @Test(arguments: [
        "host=/nonexistent dbname=x password=sesame-7", "postgresql://u:sesame-7@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 password='sesame-7' connect_timeout=2",
    ])
    func `an unreachable server is said so, without the password`(conninfo: String) async {
        let error = await failure(dialling: conninfo)
        guard case .unreachable = error else {
            Issue.record("expected unreachable, found \(String(describing: error))")
            return
        }
        #expect(error?.description.contains("sesame-7") == false)
    }

    @Test(arguments: [
        "host=x pass word=sesame-7", "postgresql://u:sesame-7%zz@h/x", "password=sesame-7 'x", "",
        "postgresql://u:1/sesame-7@127.0.0.1/x", "postgresql://u:sesame-7/2@127.0.0.1/x",
    ])
    func `a malformed string is refused without being echoed`(conninfo: String) async {
        let error = await failure(dialling: conninfo)
        guard case .unreachable = error else {
            Issue.record("expected unreachable, found \(String(describing: error))")
            return
        }
        #expect(error?.description.contains("sesame-7") == false)
    }

    @Test
    func `a database that is not UTF-8 is refused`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let session = Session(conninfo: conninfo, lane: BlockingLane(label: "dial test"))
        let name = "latin_\(UInt32.random(in: 0 ... .max))"
        try await session.statement("CREATE DATABASE \(name) ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        let error = await failure(dialling: conninfo + " dbname=\(name)")
        guard case .unsupportedServer(let reason) = error else {
            Issue.record("expected unsupportedServer, found \(String(describing: error))")
            return
        }
        #expect(reason.contains("LATIN1"))
    }

    @Test
    func `a missing database is unreachable and named`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let error = await failure(dialling: conninfo + " dbname=nowhere")
        #expect(error?.description.contains("nowhere") == true)
    }
}
