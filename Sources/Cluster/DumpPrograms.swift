import Glibc
import Subprocess

/// Dumps of one schema, made and read by PostgreSQL's own programs.
///
/// Everything goes through pipes that this process holds: when it dies, pg_dump cannot write on, and psql, which
/// then misses its COMMIT, leaves nothing.
extension ClientPrograms {
    /// How long to wait for a lock that somebody holds on a table, in milliseconds.
    private static let lockWaitMilliseconds = 300_000
    private static let errorBytesMax = 1 << 20
    /// Most text that `rows` keeps.
    private static let rowBytesMax = 16 << 20

    /// Dumps a schema in pg_dump's custom format, without owners and rights, and lends the bytes as they come.
    ///
    /// One snapshot of the database. Rethrows what `consume` throws.
    nonisolated(nonsending) package func dump(
        schema: String,
        from target: ClientTarget,
        consume: @escaping ([UInt8]) throws -> Void
    ) async throws {
        let arguments = [
            "--format=custom", "--compress=1", "--schema=\(schema)", "--no-owner", "--no-privileges",
            "--no-password", "--lock-wait-timeout=\(Self.lockWaitMilliseconds)",
            "--dbname=\(target.conninfo)",
        ]
        try await stream(pgDump, arguments, target.environment) { chunk in try consume(chunk) }
    }

    /// What a dump holds, as pg_restore lists it; throws `unreadableDump` for what is none.
    nonisolated(nonsending) package func list(dump path: String) async throws -> [String] {
        do {
            let text = try await capture(pgRestore, ["--list", Self.absolute(path)])
            return text.split(separator: "\n").filter { !$0.hasPrefix(";") }.map(String.init)
        } catch ClusterError.failed(_, let output) {
            throw ClusterError.unreadableDump(path, reason: output)
        }
    }

    /// The rows of a small table of a dump, each column's text by its name, SQL's NULL left out.
    ///
    /// Ids and numbers only: text with tabs, line ends or backslashes is not decoded.
    nonisolated(nonsending) package func rows(of table: String, schema: String, dump path: String)
        async throws -> [[String: String]]
    {
        let text: String
        do {
            text = try await capture(
                pgRestore,
                ["--data-only", "--schema=\(schema)", "--table=\(table)", "--file=-", Self.absolute(path)]
            )
        } catch ClusterError.failed(_, let output) {
            throw ClusterError.unreadableDump(path, reason: output)
        }
        return Self.parse(text, "\(schema).\(table)")
    }

    /// Runs a dump's statements in psql, with `opening` before and `closing` after them.
    ///
    /// `opening` begins a transaction that `closing` commits: whatever ends this before, nothing is done. `progress`
    /// gets the bytes of statements and rows run so far.
    nonisolated(nonsending) package func restore(
        dump path: String,
        into target: ClientTarget,
        opening: String,
        closing: String,
        progress: @escaping (UInt64) -> Void
    ) async throws {
        // A program that ends early must give us an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
        let arguments = [
            psql, "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
            "--dbname=\(target.conninfo)", "--file=-",
        ]
        var failure: (any Error)?
        let result: ExecutionResult<Void, DiscardedOutput, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name("env"),
                arguments: Arguments(arguments),
                environment: Self.environment(target.environment),
                input: .inputWriter,
                output: .discarded,
                error: .string(limit: Self.errorBytesMax)
            ) { execution in
                let writer = execution.standardInputWriter
                do {
                    try await Self.write(Array(opening.utf8)[...], to: writer)
                    var count: UInt64 = 0
                    try await stream(
                        pgRestore,
                        ["--no-owner", "--no-privileges", "--file=-", Self.absolute(path)],
                        [:]
                    ) {
                        chunk in
                        try await Self.write(chunk[...], to: writer)
                        count += UInt64(chunk.count)
                        progress(count)
                    }
                    try await Self.write(Array(closing.utf8)[...], to: writer)
                } catch {
                    // psql's own words, when it has any, say more than that it does not read on.
                    failure = error
                }
                try await writer.finish()
            }
        } catch {
            throw ClusterError.failed(program: "psql", output: "\(failure ?? error)")
        }
        guard result.terminationStatus.isSuccess else {
            let words = Self.shortened(result.standardError)
            throw ClusterError.failed(program: "psql", output: "\(words) (\(result.terminationStatus))")
        }
        if let failure { throw failure }
    }

    // MARK: Running

    /// Runs a program and lends what it prints.
    nonisolated(nonsending) private func stream(
        _ program: String,
        _ arguments: [String],
        _ variables: [String: String],
        _ consume: ([UInt8]) async throws -> Void
    ) async throws {
        signal(SIGPIPE, SIG_IGN)
        var failure: (any Error)?
        let name = program.split(separator: "/").last.map(String.init) ?? program
        let result: ExecutionResult<Void, SequenceOutput, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name("env"),
                arguments: Arguments([program] + arguments),
                environment: Self.environment(variables),
                input: .none,
                output: .sequence,
                error: .string(limit: Self.errorBytesMax)
            ) { execution in
                for try await buffer in execution.standardOutput {
                    do {
                        try await consume(buffer.withUnsafeBytes { Array($0) })
                    } catch {
                        // Its pipe closes with this, and with that the program ends.
                        failure = error
                        break
                    }
                }
            }
        } catch {
            throw ClusterError.failed(program: name, output: "\(failure ?? error)")
        }
        if let failure { throw failure }
        guard result.terminationStatus.isSuccess else {
            let words = Self.shortened(result.standardError)
            throw ClusterError.failed(program: name, output: "\(words) (\(result.terminationStatus))")
        }
    }

    nonisolated(nonsending) private func capture(_ program: String, _ arguments: [String]) async throws
        -> String
    {
        var bytes: [UInt8] = []
        try await stream(program, arguments, [:]) { chunk in
            guard bytes.count + chunk.count <= Self.rowBytesMax else {
                throw ClusterError.failed(
                    program: program,
                    output: "it prints more than \(Self.rowBytesMax) bytes"
                )
            }
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    nonisolated(nonsending) private static func write(
        _ bytes: ArraySlice<UInt8>,
        to writer: StandardInputWriter
    ) async throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = try await writer.write(Array(rest))
            guard count > 0 else {
                throw ClusterError.failed(program: "psql", output: "it reads no further")
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func environment(_ variables: [String: String]) -> Environment {
        var all: [Environment.Key: String] = ["PATH": ProgramRunner.path, "LC_ALL": "C", "TZ": "UTC"]
        for (name, value) in variables { all[Environment.Key(stringLiteral: name)] = value }
        return .custom(all)
    }

    /// A path that no program takes for an option.
    private static func absolute(_ path: String) -> String { Files.resolved(path) }

    /// The first lines of what a program complains about, on one line.
    private static func shortened(_ text: String) -> String {
        String(text.split(whereSeparator: \.isNewline).joined(separator: "; ").prefix(2000))
    }

    /// Rows of `COPY table (a, b) FROM stdin;` up to `\.`.
    static func parse(_ text: String, _ table: String) -> [[String: String]] {
        var rows: [[String: String]] = []
        var columns: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let names = columns else {
                guard line.hasPrefix("COPY \(table) ("), let end = line.lastIndex(of: ")") else { continue }
                let list = line[line.index(after: line.firstIndex(of: "(") ?? end)..<end]
                columns = list.split(separator: ",").map { $0.drop { $0 == " " } }
                continue
            }
            if line == "\\." {
                columns = nil
                continue
            }
            let values = line.split(separator: "\t", omittingEmptySubsequences: false)
            var row: [String: String] = [:]
            for (name, value) in zip(names, values) where value != "\\N" { row[String(name)] = String(value) }
            rows.append(row)
        }
        return rows
    }
}
