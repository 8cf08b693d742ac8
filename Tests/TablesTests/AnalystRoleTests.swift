import BlockingLane
import Postgres
import Tables
import TestKit
import Testing

/// Roles belong to the whole server, so each test has names of its own.
@Suite struct AnalystRoleTests {
    private let fixture: TablesFixture

    init() async throws { fixture = try await TablesFixture(partitions: 2) }

    /// A session of the role itself, on the same database.
    private func login(_ role: String) async throws -> Session {
        let quoted = role.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        try await fixture.script("ALTER ROLE \"\(quoted)\" LOGIN")
        let escaped = role.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'")
        let conninfo = fixture.conninfo.split(separator: " ").filter { !$0.hasPrefix("user=") }
            .joined(separator: " ")
        return Session(
            conninfo: conninfo + " user='\(escaped)'",
            lane: BlockingLane(label: "analyst")
        )
    }

    private static func isRefused(_ session: Session, _ sql: String) async throws -> Bool {
        do {
            try await session.transaction { try $0.script(sql) }
            return false
        } catch let error as PostgresError {
            // 42501 insufficient privilege, 25006 read-only transaction.
            return ["42501", "25006"].contains(error.sqlstate ?? "")
        }
    }

    private static func text(_ session: Session, _ sql: String) async throws -> String {
        try await session.readOnlySnapshot { transaction in
            var text = ""
            try transaction.query(sql) { text = try $0.text(0) }
            return text
        }
    }

    @Test(arguments: ["analyst_one", "Ana Lyst \"2\"; DROP SCHEMA goalpost", "O'Łódź"])
    func `the role reads everything and writes nothing`(name: String) async throws {
        let grant = try await AnalystRole(name).grant(fixture.session, statementSeconds: 30)
        #expect(grant.isNew)
        #expect(grant.relations.contains("goalpost.progress") && grant.relations.contains("goalpost.player"))
        let again = try await AnalystRole(name).grant(fixture.session, statementSeconds: 30)
        #expect(!again.isNew && again.relations == grant.relations)
        let analyst = try await login(name)
        for relation in grant.relations {
            #expect(try await !Self.isRefused(analyst, "SELECT count(*) FROM \(relation)"), "\(relation)")
        }
        for sql in [
            "INSERT INTO goalpost.player VALUES ('x', now(), now())", "DELETE FROM goalpost.player",
            "UPDATE goalpost.meta SET grants_held = true", "TRUNCATE goalpost.player",
            "DELETE FROM goalpost.player_p00", "CREATE TABLE goalpost.mine (n int)",
            "CREATE TABLE public.mine (n int)",
            "DELETE FROM goalpost.progress", "DROP VIEW goalpost.progress",
            "CREATE ROLE another",
        ] { #expect(try await Self.isRefused(analyst, sql), "\(sql)") }
        // Its connection here sets such things itself, so what the role begins with is read from the catalogue.
        let settings = try await Self.text(
            fixture.session,
            """
            SELECT array_to_string(setconfig, ',') FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
                JOIN pg_database d ON d.oid = s.setdatabase
            WHERE d.datname = current_database()
            """
        )
        #expect(settings == "default_transaction_read_only=on,statement_timeout=30s")
    }

    @Test func `psql as the role is read-only and bounded in time`() async throws {
        _ = try await AnalystRole("analyst_psql").grant(fixture.session, statementSeconds: 7)
        _ = try await login("analyst_psql")
        let conninfo = fixture.conninfo.replacing("user=postgres", with: "user=analyst_psql")
        let shown = try Command.run(
            "/usr/bin/psql",
            ["-X", "-A", "-t", "-c", "SHOW statement_timeout", "-c", "SHOW transaction_read_only", conninfo]
        )
        #expect(String(decoding: shown.output, as: UTF8.self) == "7s\non\n", "\(shown.error)")
        let slow = try Command.run(
            "/usr/bin/psql",
            ["-X", "-c", "SET statement_timeout = '10ms'", "-c", "SELECT pg_sleep(60)", conninfo]
        )
        #expect(slow.status == 1)
    }

    @Test func `leaves made later are readable too`() async throws {
        _ = try await AnalystRole("analyst_later").grant(fixture.session, statementSeconds: 30)
        try await fixture.script("CREATE TABLE goalpost.player_p99 (n int)")
        let analyst = try await login("analyst_later")
        #expect(try await !Self.isRefused(analyst, "SELECT * FROM goalpost.player_p99"))
        #expect(try await Self.isRefused(analyst, "INSERT INTO goalpost.player_p99 VALUES (1)"))
    }

    @Test func `revoking takes all of it away and keeps the role`() async throws {
        let role = try AnalystRole("analyst_gone")
        await #expect(throws: TablesError.roleUnknown("analyst_gone")) {
            try await role.revoke(fixture.session)
        }
        _ = try await role.grant(fixture.session, statementSeconds: 30)
        let analyst = try await login("analyst_gone")
        #expect(try await !Self.isRefused(analyst, "SELECT * FROM goalpost.progress"))
        try await role.revoke(fixture.session)
        for relation in ["progress", "player", "player_p00"] {
            #expect(try await Self.isRefused(analyst, "SELECT * FROM goalpost.\(relation)"))
        }
        await analyst.close()
        // Nothing of it is left: the role can be dropped.
        try await fixture.script("DROP ROLE analyst_gone")
    }

    @Test func `names that cannot be or are not ours are refused`() async throws {
        for name in [
            "", "pg_read_all_data", "PG_x", "public", "Public", "none", "current_user", "a\u{0}b", "a\nb",
            String(repeating: "x", count: 64), String(repeating: "ł", count: 32),
        ] {
            #expect("\(name)") {
                _ = try AnalystRole(name)
            } throws: { error in
                if case .roleNameInvalid? = error as? TablesError { true } else { false }
            }
        }
        #expect(try AnalystRole(String(repeating: "x", count: 63)).name.count == 63)
    }

    @Test func `a role that could write all the same is refused, and gets nothing`() async throws {
        try await fixture.script(
            """
            CREATE ROLE analyst_super SUPERUSER; CREATE ROLE analyst_maker CREATEROLE;
            CREATE ROLE analyst_writer; GRANT UPDATE ON goalpost.player TO analyst_writer;
            CREATE ROLE analyst_owner; GRANT postgres TO analyst_owner;
            CREATE ROLE analyst_builder; GRANT CREATE ON SCHEMA goalpost TO analyst_builder;
            CREATE ROLE analyst_all; GRANT pg_write_all_data TO analyst_all
            """
        )
        for name in ["super", "maker", "writer", "owner", "builder", "all"] {
            let role = try AnalystRole("analyst_\(name)")
            await #expect("\(name)") {
                _ = try await role.grant(fixture.session, statementSeconds: 30)
            } throws: { error in
                if case .roleTooPowerful? = error as? TablesError { true } else { false }
            }
        }
        let held = try await Self.text(
            fixture.session,
            "SELECT has_schema_privilege('analyst_maker', 'goalpost', 'USAGE')::text"
        )
        #expect(held == "false")
    }

    @Test func `a user who may not give rights away is told so`() async throws {
        try await fixture.script(
            """
            CREATE ROLE analyst_weak LOGIN; GRANT USAGE ON SCHEMA goalpost TO analyst_weak;
            GRANT SELECT ON ALL TABLES IN SCHEMA goalpost TO analyst_weak; CREATE ROLE analyst_target
            """
        )
        let weak = try await login("analyst_weak")
        await #expect(throws: TablesError.self) {
            try await AnalystRole("analyst_target").grant(weak, statementSeconds: 30)
        }
    }

    @Test func `a database without tables is said so`() async throws {
        let bare = Session(
            conninfo: try await ThrowawayPostgres.freshDatabase(),
            lane: BlockingLane(label: "bare")
        )
        await #expect(throws: TablesError.notInstalled) {
            try await AnalystRole("analyst_bare").grant(bare, statementSeconds: 30)
        }
    }
}
