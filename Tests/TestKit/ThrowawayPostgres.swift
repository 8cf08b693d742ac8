import BlockingLane
import Foundation
import Glibc
import Postgres
import Synchronization

/// A real PostgreSQL server for tests: one a test process, started when first asked for, gone with the process.
///
/// A small shell owns the server and waits on a named pipe that only this process holds open. However the process
/// ends, the pipe closes, and the shell stops the server and deletes its files.
package final class ThrowawayPostgres: Sendable {
    /// What went wrong, in the server's own words where there are any: tests that need PostgreSQL fail.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let shared = Mutex<Result<ThrowawayPostgres, Failure>?>(nil)
    private static let databaseNumber = Mutex(0)

    /// Where the server's socket and files are.
    package let directory: String
    /// Keeps the pipe open; never closed, never inherited.
    private let lifeline: Int32
    private let admin: Session

    /// The connection string of a new, empty database on the shared server.
    package static func freshDatabase() async throws -> String {
        let server = try shared.withLock { state in
            if let state { return state }
            let started = start()
            state = started
            return started
        }.get()
        let name = databaseNumber.withLock {
            $0 += 1
            return "test_\($0)"
        }
        try await server.admin.statement("CREATE DATABASE \(name) ENCODING 'UTF8' TEMPLATE template0")
        return server.conninfo(database: name)
    }

    /// The connection string of one of the shared server's databases.
    package func conninfo(database: String) -> String { "host=\(directory) user=postgres dbname=\(database)" }

    private init(directory: String, lifeline: Int32) {
        self.directory = directory
        self.lifeline = lifeline
        admin = Session(
            conninfo: "host=\(directory) user=postgres dbname=postgres",
            lane: BlockingLane(label: "throwaway")
        )
    }

    /// $1 directory, $2 folder of the binaries; root hands the server to a user that may run it.
    private static let script = """
        trap '' INT HUP TERM
        as() { "$@"; }
        if [ "$(id -u)" = 0 ]; then
            user=postgres; id -u "$user" >/dev/null 2>&1 || user=nobody
            chown "$user" "$1"
            as() { setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"; }
        fi
        cd "$1" || exit 1
        as "$2/initdb" -D "$1/data" -U postgres -E UTF8 --locale=C -A trust --no-sync >"$1/log" 2>&1 &&
        as "$2/pg_ctl" start -w -t 60 -D "$1/data" -l "$1/server.log" -o "-c fsync=off -c full_page_writes=off \
            -c listen_addresses='' -c unix_socket_directories='$1' -c max_connections=400 \
            -c shared_buffers=64MB -c autovacuum=off" >>"$1/log" 2>&1 </dev/null && echo ready || echo failed
        exec >/dev/null 2>&1
        cat "$1/lifeline"
        as "$2/pg_ctl" stop -m immediate -D "$1/data"
        cd /
        rm -rf "$1"
        """

    private static func start() -> Result<ThrowawayPostgres, Failure> {
        do {
            return .success(try launch())
        } catch let failure as Failure {
            return .failure(failure)
        } catch {
            return .failure(Failure(description: "no PostgreSQL for the tests: \(error)"))
        }
    }

    private static func launch() throws -> ThrowawayPostgres {
        let binaries = try binariesDirectory()
        // Under /tmp and short: a socket's path may have 107 bytes.
        let directory = "/tmp/gp-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard mkdir(directory, 0o711) == 0 else { throw Failure(description: "cannot make \(directory)") }
        // A named pipe, since only open() closes on exec from the first moment: no child may keep it open.
        guard mkfifo("\(directory)/lifeline", 0o600) == 0 else {
            throw Failure(description: "mkfifo: \(errno)")
        }
        let lifeline = open("\(directory)/lifeline", O_RDWR | O_CLOEXEC)
        guard lifeline >= 0 else { throw Failure(description: "cannot open the lifeline: \(errno)") }
        let answer = Pipe()
        let shell = Process()
        // No program that forks and exits: what Foundation cannot reap stays a zombie, which starves exit tests.
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script, "sh", directory, binaries]
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = answer
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        let word = answer.fileHandleForReading.availableData
        guard String(decoding: word, as: UTF8.self).hasPrefix("ready") else {
            let log = FileManager.default.contents(atPath: "\(directory)/log") ?? Data()
            throw Failure(
                description: "the test server did not start: \(String(decoding: log, as: UTF8.self))"
            )
        }
        return ThrowawayPostgres(directory: directory, lifeline: lifeline)
    }

    /// `GOALPOST_PG_BIN`, else the newest installed major.
    package static func binariesDirectory() throws -> String {
        if let chosen = ProcessInfo.processInfo.environment["GOALPOST_PG_BIN"] { return chosen }
        let root = "/usr/lib/postgresql"
        let majors = try FileManager.default.contentsOfDirectory(atPath: root).compactMap { Int($0) }
        guard let newest = majors.max() else { throw Failure(description: "no PostgreSQL under \(root)") }
        return "\(root)/\(newest)/bin"
    }
}
