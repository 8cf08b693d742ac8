import Glibc

/// PostgreSQL's client programs of one installed major: pg_dump, pg_restore and psql.
package struct ClientPrograms: Hashable, Sendable {
    package let major: Int
    let directory: String

    var pgDump: String { "\(directory)/pg_dump" }
    var pgRestore: String { "\(directory)/pg_restore" }
    var psql: String { "\(directory)/psql" }

    /// The oldest installed ones of `major` or newer: a program works with servers and dumps up to its own major.
    ///
    /// A `chosen` folder is the only place that is looked at.
    package static func find(atLeast major: Int, chosen: String?) async throws(ClusterError) -> ClientPrograms
    {
        let runner = ProgramRunner(user: .ourselves)
        var found: [ClientPrograms] = []
        for folder in Binaries.folders(chosen: chosen) {
            guard try Files.attributes("\(folder)/pg_dump", followingLinks: true) != nil,
                try Files.attributes("\(folder)/pg_restore", followingLinks: true) != nil,
                try Files.attributes("\(folder)/psql", followingLinks: true) != nil
            else { continue }
            let version = try await runner.run("\(folder)/pg_dump", ["--version"])
            guard let own = Binaries.major(inVersion: version) else { continue }
            found.append(ClientPrograms(major: own, directory: folder))
        }
        // The first of equals: folders of one version come before those on PATH, which may hold wrappers.
        guard let fit = found.filter({ $0.major >= major }).min(by: { $0.major < $1.major }) else {
            throw .clientsNotFound(needed: major, installed: Set(found.map(\.major)).sorted())
        }
        return fit
    }
}
