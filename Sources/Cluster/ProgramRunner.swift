import Subprocess

/// Runs PostgreSQL's programs as the database's user, with an environment of their own.
///
/// Nothing of the caller's environment reaches them: a PGDATA or PGOPTIONS meant for another server must not
/// steer this one. Their working directory is `/`, which every user may enter.
struct ProgramRunner: Sendable {
    private static let outputBytesMax = 1 << 20
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    let user: DatabaseUser

    /// Runs the program to its end and returns what it wrote; throws `failed` with that when it exits non-zero.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) async throws(ClusterError) -> String {
        let (executable, allArguments) = user.command(program, arguments)
        let name = program.split(separator: "/").last.map(String.init) ?? program
        do {
            let result = try await Subprocess.run(
                .name("env"),
                arguments: Arguments(["--chdir=/", executable] + allArguments),
                environment: .custom(["PATH": Self.path, "LC_ALL": "C", "TZ": "UTC"]),
                output: .string(limit: Self.outputBytesMax),
                error: .string(limit: Self.outputBytesMax)
            )
            let output = Self.trimmed(result.standardOutput) + Self.trimmed(result.standardError)
            guard result.terminationStatus.isSuccess else {
                throw ClusterError.failed(program: name, output: "\(output) (\(result.terminationStatus))")
            }
            return output
        } catch let error as ClusterError {
            throw error
        } catch {
            throw .failed(program: name, output: "\(error)")
        }
    }

    private static func trimmed(_ text: String?) -> String {
        guard let text else { return "" }
        return text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
