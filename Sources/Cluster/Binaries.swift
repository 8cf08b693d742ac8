/// The folder of one installed PostgreSQL's programs.
struct Binaries: Hashable, Sendable {
    /// Least major version that Goalpost runs on.
    static let majorMin = 15
    private static let debianRoot = "/usr/lib/postgresql"
    private static let path = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/pgsql/bin"]

    let directory: String
    let major: Int

    var initdb: String { "\(directory)/initdb" }
    var pgCtl: String { "\(directory)/pg_ctl" }
    var postgres: String { "\(directory)/postgres" }

    /// The programs for a cluster of this major, or for a new one (nil): then the newest there are.
    ///
    /// A `chosen` folder is the only place that is looked at.
    static func find(major: Int?, chosen: String?, runner: ProgramRunner) async throws(ClusterError)
        -> Binaries
    {
        let installed = try await installed(chosen: chosen, runner: runner)
        let usable = installed.filter { $0.major >= majorMin }
        guard let newest = usable.max(by: { $0.major < $1.major }) else {
            throw .binariesNotFound(
                chosen.map { "in \($0)" } ?? "in \(debianRoot) or \(path.joined(separator: ", "))"
            )
        }
        guard let major else { return newest }
        guard let same = installed.first(where: { $0.major == major }) else {
            throw .majorNotInstalled(cluster: major, installed: installed.map(\.major).sorted())
        }
        return same
    }

    private static func installed(
        chosen: String?,
        runner: ProgramRunner
    ) async throws(ClusterError) -> [Binaries] {
        var found: [Binaries] = []
        for folder in folders(chosen: chosen) {
            guard try Files.attributes("\(folder)/pg_ctl", followingLinks: true) != nil,
                try Files.attributes("\(folder)/initdb", followingLinks: true) != nil
            else { continue }
            let version = try await runner.run("\(folder)/postgres", ["--version"])
            guard let major = major(inVersion: version) else { continue }
            found.append(Binaries(directory: folder, major: major))
        }
        return found
    }

    /// Where programs are looked for.
    static func folders(chosen: String?) -> [String] {
        chosen.map { [$0] } ?? Files.names(in: debianRoot).sorted().map { "\(debianRoot)/\($0)/bin" } + path
    }

    /// The major in what `--version` prints: "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
    ///
    /// 16beta1 counts as 16.
    static func major(inVersion text: String) -> Int? {
        let words = text.split(separator: " ")
        return words.count >= 3 ? Int(words[2].prefix(while: \.isWholeNumber)) : nil
    }
}
