import Foundation
import Glibc
import TestKit

/// A PostgreSQL server of one test, which may crash, come back and be out of reach.
///
/// As with `ThrowawayPostgres` a small shell owns the server and goes, with server and files, when the pipe to it closes;
/// so the server is nobody's zombie. It takes words from the pipe and answers each with a line. A crash is SIGQUIT to all
/// of its processes at once, which leaves recovery from its log to the next start but spares the page cache, as any kill
/// does; so the server runs without fsync and has what it committed all the same.
final class OwnPostgres: Sendable {
    let directory: String
    private let pipe: Int32
    private let answers: FileHandle

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// $1 directory, $2 folder of the binaries; root hands the server to a user that may run it.
    private static let script = """
        trap '' INT HUP TERM
        as() { exec "$@"; }
        if [ "$(id -u)" = 0 ]; then
            user=postgres; id -u "$user" >/dev/null 2>&1 || user=nobody
            chown "$user" "$1" "$1/socket"
            as() { exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"; }
        fi
        cd "$1" || exit 1
        begin() {
            (as "$2/postgres" -D "$1/data" -c listen_addresses= -c unix_socket_directories="$1/socket" \
                -c fsync=off -c max_connections=50 -c shared_buffers=16MB -c autovacuum=off) >>"$1/log" 2>&1 </dev/null &
            server=$!
            until "$2/pg_isready" -q -h "$1/socket"; do
                kill -0 "$server" 2>/dev/null || return 1
                sleep 0.02
            done
        }
        end() {
            kill -QUIT "$server"
            wait "$server" 2>/dev/null
            true
        }
        (as "$2/initdb" -D "$1/data" -U postgres -E UTF8 --locale=C -A trust --no-sync) >"$1/log" 2>&1 || exit 1
        server=
        exec 3<"$1/words"
        while read -r word <&3; do
            case $word in
            begin) begin "$@" && echo done || echo failed ;;
            crash) end && echo done || echo failed ;;
            esac
        done
        exec >/dev/null 2>&1
        end
        cd /
        rm -rf "$1"
        """

    /// Makes a server and starts it.
    init() throws {
        let binaries = try ThrowawayPostgres.binariesDirectory()
        // Under /tmp and short: a socket's path may have 107 bytes.
        directory = "/tmp/gp-own-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard mkdir(directory, 0o711) == 0, mkdir(directory + "/socket", 0o755) == 0,
            mkfifo(directory + "/words", 0o600) == 0
        else { throw Failure(description: "cannot make \(directory): error \(errno)") }
        pipe = open(directory + "/words", O_RDWR | O_CLOEXEC)
        guard pipe >= 0 else { throw Failure(description: "cannot open the pipe: error \(errno)") }
        let output = Pipe()
        answers = output.fileHandleForReading
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", Self.script, "sh", directory, binaries]
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = output
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        try start()
    }

    /// Ends the server and removes its files.
    deinit { close(pipe) }

    /// The address of a database of this server.
    func url(_ database: String) -> String {
        "host=\(directory)/socket user=postgres dbname=\(database)"
    }

    /// The address of a new, empty database.
    func freshDatabase() async throws -> String {
        let name = "own_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try await TestSession.statement(
            "CREATE DATABASE \(name) ENCODING 'UTF8' TEMPLATE template0",
            at: url("postgres")
        )
        return url(name)
    }

    /// Starts it again and waits until it takes connections.
    func start() throws { try say("begin") }

    /// Ends all of its processes at once, without a checkpoint, and waits until they are gone.
    func crash() throws { try say("crash") }

    /// Takes its socket out of reach for new connections, or puts it back.
    func setReachable(_ isReachable: Bool) throws {
        let (here, away) = (directory + "/socket", directory + "/away")
        guard rename(isReachable ? away : here, isReachable ? here : away) == 0 else {
            throw Failure(description: "cannot rename the socket's directory: error \(errno)")
        }
    }

    private func say(_ word: String) throws {
        let bytes = Array((word + "\n").utf8)
        guard write(pipe, bytes, bytes.count) == bytes.count else {
            throw Failure(description: "cannot tell the server's shell: error \(errno)")
        }
        let answer = String(decoding: answers.availableData, as: UTF8.self)
        guard answer.hasPrefix("done") else {
            let log = FileManager.default.contents(atPath: directory + "/log") ?? Data()
            throw Failure(
                description: "\(word): \(answer) \(String(decoding: log.suffix(2000), as: UTF8.self))"
            )
        }
    }
}
