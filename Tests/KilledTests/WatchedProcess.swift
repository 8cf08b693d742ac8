import Foundation
import Glibc
import Synchronization

/// A child process whose stops are seen as well as its end; waited for by this process alone, so no zombie stays.
///
/// Standard output and error go to files. Other descriptors that tests beside have open and let children inherit are
/// closed by the trap, before the program begins.
final class WatchedProcess: Sendable {
    enum Change: Equatable, Sendable {
        case exited(Int32)
        case killed(by: Int32)
        case stopped
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let processID: pid_t
    private let isReaped = Mutex(false)

    /// A test that failed leaves no frozen process and no zombie behind.
    deinit {
        guard !isReaped.withLock(\.self) else { return }
        kill(processID, SIGKILL)
        while waitpid(processID, nil, 0) < 0, errno == EINTR {}
    }

    /// Starts a program; `output` and `error` are files that are made or emptied.
    init(
        _ path: String,
        _ arguments: [String],
        environment: [String: String],
        output: String,
        error: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, error, writing, 0o644)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A test runner may ignore or block signals; the program is to start as from a shell.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var made: pid_t = 0
        let code = posix_spawn(&made, path, &actions, &attributes, words, variables)
        guard code == 0 else { throw Failure(description: "cannot start \(path): error \(code)") }
        processID = made
    }

    /// Blocks until the process stops or ends; only one caller may wait.
    func wait() throws -> Change {
        guard let change = try change(options: WUNTRACED) else {
            throw Failure(description: "process \(processID) neither stopped nor ended")
        }
        return change
    }

    /// Whether it has ended or stopped since it was last asked; nil where it runs on.
    func poll() throws -> Change? { try change(options: WUNTRACED | WNOHANG) }

    func send(_ signal: Int32) { kill(processID, signal) }

    private func change(options: Int32) throws -> Change? {
        var status: Int32 = 0
        while true {
            let found = waitpid(processID, &status, options)
            if found == 0 { return nil }
            if found == processID { break }
            guard errno == EINTR else {
                throw Failure(description: "waitpid \(processID): error \(errno)")
            }
        }
        // The macros of wait.h: the low seven bits are the signal, 127 says that it stopped.
        if status & 0x7F != 0x7F { isReaped.withLock { $0 = true } }
        switch status & 0x7F {
        case 0: return .exited((status >> 8) & 0xFF)
        case 0x7F: return .stopped
        default: return .killed(by: status & 0x7F)
        }
    }
}
