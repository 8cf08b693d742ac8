import BlockingLane
import Postgres
import Synchronization
import TestKit
import Testing

/// What a test's own closure throws.
struct Refused: Error, Equatable {
    let number: Int
}

@Suite struct SessionTests {
    private func session(_ conninfo: String) -> Session {
        Session(conninfo: conninfo, lane: BlockingLane(label: "session test"))
    }

    private func fresh() async throws -> Session { session(try await ThrowawayPostgres.freshDatabase()) }

    private func count(_ table: String, on session: Session) async throws -> Int64 {
        try await session.readOnlySnapshot { transaction in
            var count: Int64 = -1
            try transaction.query("SELECT count(*) FROM public.\(table)") { count = try $0.int8(0) }
            return count
        }
    }

    @Test
    func `a session dials on first use and closes for good`() async throws {
        let session = try await fresh()
        #expect(await !session.isOpen)
        try await session.transaction { try $0.script("SELECT 1") }
        #expect(await session.isOpen)
        await session.close()
        #expect(await !session.isOpen)
        await #expect(throws: PostgresError.closed) { try await session.transaction { _ in } }
    }

    @Test
    func `sessions speak UTC and UTF-8 with an empty search path`() async throws {
        let session = try await fresh()
        for (setting, value) in [
            ("TimeZone", "UTC"), ("client_encoding", "UTF8"), ("search_path", "pg_catalog, pg_temp"),
        ] {
            let found = try await session.transaction { transaction in
                var found = ""
                try transaction.query("SELECT current_setting($1::text)", [.text(setting)]) {
                    found = try $0.text(0)
                }
                return found
            }
            #expect(found == value, "\(setting)")
        }
    }

    @Test
    func `commit keeps, a throw rolls back and is rethrown`() async throws {
        let session = try await fresh()
        try await session.transaction {
            try $0.script("CREATE TABLE public.t (n int); INSERT INTO public.t VALUES (1)")
        }
        await #expect(throws: Refused(number: 7)) {
            try await session.transaction { transaction in
                try transaction.execute("INSERT INTO public.t VALUES ($1)", [.int4(2)])
                throw Refused(number: 7)
            }
        }
        #expect(try await count("t", on: session) == 1)
    }

    @Test
    func `a server error names its state, text and statement, and the session goes on`() async throws {
        let session = try await fresh()
        let error = await #expect(throws: PostgresError.self) {
            try await session.transaction { try $0.execute("SELECT 1 / $1", [.int4(0)]) }
        }
        #expect(error?.sqlstate == "22012")
        #expect(error?.isTransient == false)
        #expect(error?.description.contains("division by zero") == true)
        #expect(error?.description.contains("SELECT 1 / $1") == true)
        try await session.transaction { try $0.script("SELECT 1") }
    }

    @Test
    func `a snapshot does not write and does not see later commits`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let (reader, writer) = (session(conninfo), session(conninfo))
        try await writer.transaction { try $0.script("CREATE TABLE public.t (n int)") }
        let error = await #expect(throws: PostgresError.self) {
            try await reader.readOnlySnapshot { try $0.script("INSERT INTO public.t VALUES (1)") }
        }
        #expect(error?.sqlstate == "25006")
    }

    @Test
    func `a killed backend fails its transaction only`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let (victim, killer) = (session(conninfo), session(conninfo))
        try await victim.transaction { try $0.script("CREATE TABLE public.t (n int)") }
        let backend = try await backendID(of: victim)
        // Idle: the next transaction dials again before anything is lost.
        try await kill(backend, by: killer)
        try await victim.transaction { try $0.script("INSERT INTO public.t VALUES (1)") }
        // In a transaction: all of it is gone, and the caller hears of it.
        let error = await #expect(throws: PostgresError.self) {
            try await victim.transaction { transaction in
                try transaction.script("INSERT INTO public.t VALUES (2)")
                try transaction.script("SELECT pg_terminate_backend(pg_backend_pid())")
                try transaction.script("INSERT INTO public.t VALUES (3)")
            }
        }
        guard case .unreachable = error else {
            Issue.record("expected unreachable, found \(String(describing: error))")
            return
        }
        #expect(error?.isTransient == true)
        #expect(await !victim.isOpen)
        #expect(try await count("t", on: victim) == 1)
    }

    @Test
    func `an advisory lock is one session's until it closes`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let (first, second) = (session(conninfo), session(conninfo))
        #expect(try await first.tryAdvisoryLock(key: 42))
        #expect(try await first.tryAdvisoryLock(key: 42))
        #expect(try await !second.tryAdvisoryLock(key: 42))
        #expect(try await second.tryAdvisoryLock(key: 43))
        await first.close()
        try await waitUntilFree(42, on: second)
        #expect(try await second.tryAdvisoryLock(key: 42))
    }

    @Test
    func `a lock is taken again on a new connection, or its loss is told`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let (holder, other) = (session(conninfo), session(conninfo))
        #expect(try await holder.tryAdvisoryLock(key: 7))
        try await kill(try await backendID(of: holder), by: other)
        try await holder.transaction { try $0.script("SELECT 1") }
        #expect(try await !other.tryAdvisoryLock(key: 7))
        try await kill(try await backendID(of: holder), by: other)
        try await waitUntilFree(7, on: other)
        #expect(try await other.tryAdvisoryLock(key: 7))
        await #expect(throws: PostgresError.lockLost(key: 7)) { try await holder.transaction { _ in } }
    }

    /// Takes the lock as soon as it is free and gives it back: the server needs a moment to end a session.
    private func waitUntilFree(_ key: Int64, on session: Session) async throws {
        try await session.transaction { try $0.execute("SELECT pg_advisory_xact_lock($1)", [.int8(key)]) }
    }

    private func backendID(of session: Session) async throws -> Int32 {
        try await session.transaction { transaction in
            var id: Int32 = 0
            try transaction.query("SELECT pg_backend_pid()") { id = try $0.int4(0) }
            return id
        }
    }

    /// Returns when the backend is gone; the server itself waits for that.
    private func kill(_ backend: Int32, by session: Session) async throws {
        let gone = try await session.transaction { transaction in
            var gone = false
            try transaction.query("SELECT pg_terminate_backend($1, 10000)", [.int4(backend)]) {
                gone = try $0.bool(0)
            }
            return gone
        }
        #expect(gone)
    }
}
