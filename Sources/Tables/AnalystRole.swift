package import Postgres

/// A role that reads all of Goalpost's tables and views and can change none of them.
///
/// Where it logs in, its transactions are read-only and its statements end after a time. Tables made later, such as
/// the leaves of a split partition, are readable too.
package struct AnalystRole: Hashable, Sendable {
    /// Longest name, in bytes of UTF-8; PostgreSQL would cut a longer one.
    package static let nameBytesMax = 63
    /// How long a statement of the role may take, in seconds.
    package static let statementSecondsRange = 1...86_400
    package static let statementSecondsDefault = 900
    private static let reserved: Set<String> = [
        "public", "none", "current_role", "current_user", "session_user", "user",
    ]

    /// What became of the role.
    package struct Grant: Hashable, Sendable {
        /// Whether the role was made, without a login.
        package let isNew: Bool
        /// Relations that it may read now: tables without their leaves, and views.
        package let relations: [String]
    }

    package let name: String

    /// Throws `roleNameInvalid` for what cannot be the name of a role, or is not for us to take.
    package init(_ name: String) throws(TablesError) {
        let count = name.utf8.count
        guard (1...Self.nameBytesMax).contains(count) else {
            throw .roleNameInvalid("it has \(count) bytes, allowed are 1 to \(Self.nameBytesMax)")
        }
        guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw .roleNameInvalid("it holds a control character")
        }
        guard !name.lowercased().hasPrefix("pg_"), !Self.reserved.contains(name.lowercased()) else {
            throw .roleNameInvalid("\(name) is reserved by PostgreSQL")
        }
        self.name = name
    }

    /// Makes the role where there is none, and lets it read; again changes nothing.
    ///
    /// One transaction. Throws `roleTooPowerful` for a role that could write all the same.
    package func grant(_ session: Session, statementSeconds: Int) async throws -> Grant {
        let name = name
        return try await TablesError.wrapping {
            try await session.transaction { transaction in
                guard try transaction.execute("SELECT 1 WHERE to_regclass('goalpost.meta') IS NOT NULL") == 1
                else { throw TablesError.notInstalled }
                let isNew = try !Self.exists(name, transaction)
                try Self.pass(name, statementSeconds, transaction)
                try transaction.script(Self.granting)
                try Self.checkPowers(name, transaction)
                return Grant(isNew: isNew, relations: try Self.relations(name, transaction))
            }
        }
    }

    /// Takes the right to read and the settings away again; the role itself stays, it may serve elsewhere.
    package func revoke(_ session: Session) async throws {
        let name = name
        try await TablesError.wrapping {
            try await session.transaction { transaction in
                guard try transaction.execute("SELECT 1 WHERE to_regclass('goalpost.meta') IS NOT NULL") == 1
                else { throw TablesError.notInstalled }
                guard try Self.exists(name, transaction) else { throw TablesError.roleUnknown(name) }
                try Self.pass(name, 0, transaction)
                try transaction.script(Self.revoking)
            }
        }
    }

    private static func exists(_ name: String, _ transaction: borrowing Transaction) throws -> Bool {
        try transaction.execute("SELECT 1 FROM pg_roles WHERE rolname = $1::text", [.text(name)]) == 1
    }

    /// Hands values to the scripts as settings of the transaction: DDL takes no parameters, and the server's own
    /// `%I` quotes better than we would.
    private static func pass(_ name: String, _ seconds: Int, _ transaction: borrowing Transaction) throws {
        try transaction.execute(
            "SELECT set_config('goalpost.analyst', $1::text, true), set_config('goalpost.seconds', $2::text, true)",
            [.text(name), .text("\(seconds)s")]
        )
    }

    /// Refuses a role that has more than this gave it: the promise is that it cannot write.
    private static func checkPowers(_ name: String, _ transaction: borrowing Transaction) throws {
        let powers = """
            SELECT CASE
                WHEN rolsuper THEN 'it is a superuser'
                WHEN rolcreaterole THEN 'it may make roles, and so give itself any right'
                WHEN has_schema_privilege(oid, 'goalpost', 'CREATE') THEN 'it may make tables in the schema goalpost'
                ELSE (SELECT 'it may write to goalpost.' || c.relname FROM pg_class c
                    WHERE c.relnamespace = 'goalpost'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                        AND has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                    ORDER BY c.relname LIMIT 1)
                END
            FROM pg_roles r WHERE rolname = $1::text
            """
        var power: String?
        try transaction.query(powers, [.text(name)]) { row in power = row.isNull(0) ? nil : try row.text(0) }
        if let power { throw TablesError.roleTooPowerful(name, reason: power) }
    }

    /// Reads what the role may read; throws when the granting user had not the right to give that.
    private static func relations(_ name: String, _ transaction: borrowing Transaction) throws -> [String] {
        var (readable, missing): ([String], String?) = ([], nil)
        let sql = """
            SELECT c.relname::text, has_table_privilege(r.oid, c.oid, 'SELECT')
                AND has_schema_privilege(r.oid, 'goalpost', 'USAGE')
            FROM pg_class c, pg_roles r
            WHERE r.rolname = $1::text AND c.relnamespace = 'goalpost'::regnamespace
                AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
            ORDER BY c.relname
            """
        try transaction.query(sql, [.text(name)]) { row in
            let relation = try row.text(0)
            if try row.bool(1) { readable.append("goalpost.\(relation)") } else { missing = relation }
        }
        if let missing {
            throw TablesError.roleRefused(
                name,
                reason: "this user may not give away reading of goalpost.\(missing): connect as its owner"
            )
        }
        return readable
    }

    private static let granting = """
        DO $do$
        DECLARE
            analyst text := current_setting('goalpost.analyst');
            owner text := (SELECT relowner::regrole::text FROM pg_class WHERE oid = 'goalpost.meta'::regclass);
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = analyst) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', analyst);
            END IF;
            EXECUTE format('GRANT USAGE ON SCHEMA goalpost TO %I', analyst);
            EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA goalpost TO %I', analyst);
            -- owner is quoted already: regrole prints it so.
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA goalpost GRANT SELECT ON TABLES TO %I',
                owner, analyst);
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = on',
                analyst, current_database());
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = %L',
                analyst, current_database(), current_setting('goalpost.seconds'));
        END
        $do$
        """

    private static let revoking = """
        DO $do$
        DECLARE
            analyst text := current_setting('goalpost.analyst');
            owner text := (SELECT relowner::regrole::text FROM pg_class WHERE oid = 'goalpost.meta'::regclass);
        BEGIN
            EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET statement_timeout', analyst, current_database());
            EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET default_transaction_read_only',
                analyst, current_database());
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA goalpost REVOKE SELECT ON TABLES FROM %I',
                owner, analyst);
            EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA goalpost FROM %I', analyst);
            EXECUTE format('REVOKE ALL ON SCHEMA goalpost FROM %I', analyst);
        END
        $do$
        """
}
