import CLibpq
import Glibc

/// The libpq connection: owns the handle and frees it; not Sendable, it lives inside one `Session`.
@safe final class Connection {
    /// Least `server_version_num` that Goalpost runs on: MERGE and the partitioning it relies on.
    static let serverVersionMin: Int32 = 150_000
    /// Seconds to wait for a connection, unless the connection string says otherwise.
    private static let connectTimeoutSeconds = "10"
    /// A statement's text in an error is cut to so many characters.
    private static let sqlCharactersMax = 400

    private let handle: OpaquePointer
    private let string: ConnectionString
    /// Whether a statement failed without a word of the server's.
    private var isBroken = false

    /// Dials, checks that the server can be used, and sets the session up.
    init(conninfo: String) throws(PostgresError) {
        string = try ConnectionString(conninfo)
        // What stands before dbname is overridden by the connection string, what stands after overrides it.
        let options: [(String, String)] = [
            ("connect_timeout", Self.connectTimeoutSeconds), ("fallback_application_name", "goalpost"),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "60000"), ("dbname", conninfo), ("client_encoding", "UTF8"),
        ]
        guard let handle = unsafe Self.dial(options) else { throw .unreachable("out of memory") }
        unsafe self.handle = handle
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            throw .unreachable(string.redact(unsafe String(cString: PQerrorMessage(handle))))
        }
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try checkServer()
        try script(Self.setup)
    }

    deinit { unsafe PQfinish(handle) }

    /// False once libpq has noticed that the connection broke.
    var isUsable: Bool { unsafe !isBroken && PQstatus(handle) == CONNECTION_OK }

    /// The settings that statements here rely on, whatever the server, database or role has as defaults.
    ///
    /// Keys are looked up once each, so a join that memoizes them only costs. The cost of a page at random is that of a
    /// solid-state disk: at the server's 4, made for turning ones, a batch of a twentieth of the players would read
    /// everybody's rows.
    private static let setup = """
        SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET search_path = pg_catalog, pg_temp;
        SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off;
        SET statement_timeout = 0; SET lock_timeout = '60s';
        SET idle_in_transaction_session_timeout = '15min'; SET jit = off;
        SET enable_memoize = off; SET random_page_cost = 1.1; SET work_mem = '64MB'
        """

    private static func dial(_ options: [(String, String)]) -> OpaquePointer? {
        let keywords = unsafe options.map { unsafe strdup($0.0) }
        let values = unsafe options.map { unsafe strdup($0.1) }
        defer { unsafe (keywords + values).forEach { unsafe free($0) } }
        let keywordList = unsafe keywords.map { unsafe UnsafePointer($0) } + [nil]
        let valueList = unsafe values.map { unsafe UnsafePointer($0) } + [nil]
        return unsafe PQconnectdbParams(keywordList, valueList, 1)
    }

    private func checkServer() throws(PostgresError) {
        let version = unsafe PQserverVersion(handle)
        guard version >= Self.serverVersionMin else {
            throw .unsupportedServer("\(place) is version \(version / 10_000); 15 or newer is needed")
        }
        let encoding = status("server_encoding")
        guard encoding == "UTF8" else {
            throw .unsupportedServer(
                "\(place) stores text as \(encoding), but players are routed to partitions by their UTF-8 bytes; "
                    + "create the database with ENCODING 'UTF8'"
            )
        }
        guard status("in_hot_standby") != "on" else {
            throw .unsupportedServer("\(place) is a read-only standby; give the address of the primary")
        }
    }

    private func status(_ name: String) -> String {
        guard let value = unsafe PQparameterStatus(handle, name) else { return "unknown" }
        return unsafe String(cString: value)
    }

    private var place: String {
        let database = unsafe PQdb(handle).map { unsafe String(cString: $0) } ?? "?"
        let host = unsafe PQhost(handle).map { unsafe String(cString: $0) } ?? "?"
        return "database \(database) at \(host)"
    }
}

// MARK: Statements
extension Connection {
    /// Runs statements without parameters, separated by semicolons.
    func script(_ sql: String) throws(PostgresError) {
        let result = unsafe Result(PQexec(handle, sql))
        try check(result, [PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY], sql)
    }

    /// Runs one statement and returns how many rows it touched.
    func execute(_ sql: String, _ parameters: [Parameter]) throws(PostgresError) -> Int {
        try send(sql, parameters)
        let result = unsafe Result(PQgetResult(handle))
        let problem = failure(result, [PGRES_COMMAND_OK, PGRES_TUPLES_OK], sql)
        drain()
        if let problem { throw problem }
        return unsafe Int(String(cString: PQcmdTuples(result.pointer))) ?? 0
    }

    /// Runs one query and lends its rows one by one, as they arrive: memory does not grow with the answer.
    func query(
        _ sql: String,
        _ parameters: [Parameter],
        _ body: (borrowing Row) throws -> Void
    ) throws {
        try send(sql, parameters)
        guard unsafe PQsetSingleRowMode(handle) == 1 else {
            drain()
            throw PostgresError.protocolViolation("single-row mode was refused")
        }
        while true {
            let result = unsafe Result(PQgetResult(handle))
            guard unsafe result.pointer != nil else { return }
            if let problem = failure(result, [PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK], sql) {
                drain()
                throw problem
            }
            guard let pointer = unsafe result.pointer, unsafe PQntuples(pointer) == 1 else { continue }
            do {
                try body(unsafe Row(result: pointer, row: 0))
            } catch {
                cancel()
                drain()
                throw error
            }
        }
    }

    private func send(_ sql: String, _ parameters: [Parameter]) throws(PostgresError) {
        let types = parameters.map(\.typeOID)
        let encoded = parameters.map(\.encoded)
        let lengths = encoded.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        var pointers: [UnsafePointer<CChar>?] = unsafe []
        unsafe pointers.reserveCapacity(encoded.count)
        let sent = unsafe withPointers(encoded[...], &pointers) {
            unsafe PQsendQueryParams(
                handle,
                sql,
                Int32(parameters.count),
                types,
                $0,
                lengths,
                formats,
                1
            )
        }
        guard sent == 1 else { throw connectionProblem(sql) }
    }

    /// Pins every value while `body` runs; recursion is as deep as the statement has parameters.
    private func withPointers(
        _ values: ArraySlice<[UInt8]?>,
        _ pointers: inout [UnsafePointer<CChar>?],
        _ body: ([UnsafePointer<CChar>?]) -> Int32
    ) -> Int32 {
        guard let first = values.first else { return unsafe body(pointers) }
        let rest = values.dropFirst()
        guard let bytes = first else {
            unsafe pointers.append(nil)
            return unsafe withPointers(rest, &pointers, body)
        }
        // An empty value needs a non-null pointer, or libpq takes it for NULL.
        return unsafe (bytes.isEmpty ? [0] : bytes).withUnsafeBytes { buffer in
            unsafe pointers.append(buffer.baseAddress?.assumingMemoryBound(to: CChar.self))
            return unsafe withPointers(rest, &pointers, body)
        }
    }

    private func cancel() {
        guard let request = unsafe PQgetCancel(handle) else { return }
        var message = [CChar](repeating: 0, count: 256)
        // A cancel that fails only means that the rest of the answer is read and dropped.
        _ = unsafe PQcancel(request, &message, Int32(message.count))
        unsafe PQfreeCancel(request)
    }

    /// Reads to the end of the current statement, so that the next one may start.
    private func drain() {
        while let rest = unsafe PQgetResult(handle) {
            let state = unsafe PQresultStatus(rest)
            unsafe PQclear(rest)
            // A statement that turned out to be a COPY would give this result for ever.
            guard state != PGRES_COPY_IN, state != PGRES_COPY_OUT, state != PGRES_COPY_BOTH else {
                if state == PGRES_COPY_IN { _ = unsafe PQputCopyEnd(handle, "not a COPY call") }
                return
            }
        }
    }
}

// MARK: COPY
extension Connection {
    func beginCopyIn(_ sql: String) throws(PostgresError) {
        let result = unsafe Result(PQexec(handle, sql))
        try check(result, [PGRES_COPY_IN], sql)
    }

    func putCopyData(_ bytes: ArraySlice<UInt8>, sql: String) throws(PostgresError) {
        let sent = unsafe bytes.withUnsafeBytes {
            unsafe PQputCopyData(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
        }
        guard sent == 1 else { throw connectionProblem(sql) }
    }

    /// Ends the COPY and returns the rows that were copied; with a reason the server discards it.
    func endCopyIn(failing reason: String?, sql: String) throws(PostgresError) -> Int {
        let sent = unsafe PQputCopyEnd(handle, reason)
        guard sent == 1 else { throw connectionProblem(sql) }
        let result = unsafe Result(PQgetResult(handle))
        let problem = failure(result, [PGRES_COMMAND_OK], sql)
        drain()
        if let problem { throw problem }
        return unsafe Int(String(cString: PQcmdTuples(result.pointer))) ?? 0
    }

    func beginCopyOut(_ sql: String) throws(PostgresError) {
        let result = unsafe Result(PQexec(handle, sql))
        try check(result, [PGRES_COPY_OUT], sql)
    }

    /// Lends the next message of the COPY to `body`; nil when there is none any more.
    func nextCopyData<Value>(sql: String, _ body: (UnsafeRawBufferPointer) throws -> Value)
        throws -> Value?
    {
        var data: UnsafeMutablePointer<CChar>?
        let count = unsafe PQgetCopyData(handle, &data, 0)
        guard count != -1 else { return nil }
        guard count > 0, let message = unsafe data else { throw connectionProblem(sql) }
        defer { unsafe PQfreemem(message) }
        return try unsafe body(UnsafeRawBufferPointer(start: message, count: Int(count)))
    }

    /// Takes the result of a COPY whose data was read to the end; returns the rows that were copied.
    func endCopyOut(sql: String) throws(PostgresError) -> Int {
        let result = unsafe Result(PQgetResult(handle))
        let problem = failure(result, [PGRES_COMMAND_OK], sql)
        drain()
        if let problem { throw problem }
        return unsafe Int(String(cString: PQcmdTuples(result.pointer))) ?? 0
    }

    /// Stops a COPY that nobody reads any more, so that the next statement may start.
    func abandonCopyOut() {
        cancel()
        var data: UnsafeMutablePointer<CChar>?
        // Ends with the server's answer to the cancel, or with the connection.
        while unsafe PQgetCopyData(handle, &data, 0) > 0 {
            unsafe PQfreemem(data)
            unsafe data = nil
        }
        drain()
    }
}

// MARK: Errors
extension Connection {
    /// The protocol's letters for the parts of an error; libpq's macros for them do not reach Swift.
    private enum ErrorField: UInt8 {
        case severity = 86  // V, in English whatever the server speaks
        case sqlstate = 67  // C
        case message = 77  // M
        case detail = 68  // D
        case hint = 72  // H
    }

    /// Frees a libpq result.
    @safe private struct Result: ~Copyable {
        let pointer: OpaquePointer?
        init(_ pointer: OpaquePointer?) { unsafe self.pointer = pointer }
        deinit { unsafe PQclear(pointer) }
    }

    private func check(
        _ result: borrowing Result,
        _ expected: [ExecStatusType],
        _ sql: String
    ) throws(PostgresError) {
        if let problem = failure(result, expected, sql) { throw problem }
    }

    /// What is wrong with a result, nil when its status is among the expected ones.
    private func failure(
        _ result: borrowing Result,
        _ expected: [ExecStatusType],
        _ sql: String
    ) -> PostgresError? {
        let status = unsafe PQresultStatus(result.pointer)
        if expected.contains(status) { return nil }
        guard unsafe result.pointer != nil, isUsable else { return connectionProblem(sql) }
        guard let sqlstate = field(result, .sqlstate) else {
            guard status == PGRES_FATAL_ERROR else {
                return .protocolViolation("status \(status.rawValue) after \(shortened(sql))")
            }
            // libpq's own error. Where it could not send, it says so here and still calls the connection good.
            isBroken = true
            return connectionProblem(sql)
        }
        let message = field(result, .message) ?? ""
        // A fatal error ends the connection, though libpq notices only at the next call.
        if ["FATAL", "PANIC"].contains(field(result, .severity) ?? "") {
            return .unreachable("the server ended the connection: \(message) (SQLSTATE \(sqlstate))")
        }
        return .server(
            sqlstate: sqlstate,
            message: message,
            detail: field(result, .detail),
            hint: field(result, .hint),
            sql: shortened(sql)
        )
    }

    private func field(_ result: borrowing Result, _ code: ErrorField) -> String? {
        guard let text = unsafe PQresultErrorField(result.pointer, Int32(code.rawValue)) else { return nil }
        return unsafe String(cString: text)
    }

    private func connectionProblem(_ sql: String) -> PostgresError {
        let message = unsafe string.redact(String(cString: PQerrorMessage(handle)))
        guard isUsable else { return .unreachable("the connection broke: \(message)") }
        return .protocolViolation("\(message) after \(shortened(sql))")
    }

    private func shortened(_ sql: String) -> String {
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard line.count > Self.sqlCharactersMax else { return line }
        return line.prefix(Self.sqlCharactersMax) + "…"
    }
}
