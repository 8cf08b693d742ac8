import Glibc

/// Makes the files of a new cluster, all or nothing.
struct ClusterFiles {
    let directory: String
    let role: String

    /// Runs initdb beside the final place and moves the result there: what a crash leaves is made again.
    func make(binaries: Binaries, user: DatabaseUser, runner: ProgramRunner) async throws(ClusterError) {
        let draft = "\(directory).init"
        try Files.removeTree(draft)
        // Left over when a cluster was wiped by hand; anything in it would be somebody's data.
        if try Files.exists(directory), rmdir(directory) != 0 { throw Files.failure("replace", directory) }
        guard mkdir(draft, 0o700) == 0 else { throw Files.failure("make directory", draft) }
        if user.isOther { try Files.setOwner(draft, user.user, user.group) }
        try await runner.run(
            binaries.initdb,
            [
                "--pgdata=\(draft)", "--username=\(role)", "--encoding=UTF8", "--locale=C", "--auth=trust",
                "--data-checksums",
            ]
        )
        let compression = try await walCompression(draft, binaries: binaries, runner: runner)
        try append(settings(walCompression: compression), to: "\(draft)/postgresql.conf")
        try Files.rename(draft, to: directory)
        try Files.syncDirectory(Files.parent(of: directory))
    }

    /// Not every build has lz4; an unknown method would keep the server from starting.
    private func walCompression(
        _ draft: String,
        binaries: Binaries,
        runner: ProgramRunner
    ) async throws(ClusterError) -> String {
        do {
            return try await runner.run(
                binaries.postgres,
                ["-D", draft, "-c", "wal_compression=lz4", "-C", "wal_compression"]
            )
        } catch .failed {
            return "on"
        }
    }

    /// Sized for a machine that does other things too; the operator may edit the file.
    private func settings(walCompression: String) -> String {
        """

        # Goalpost's own settings; the socket's directory is given on the command line.
        listen_addresses = ''
        max_connections = 50
        shared_buffers = 256MB
        max_wal_size = 4GB
        checkpoint_timeout = 15min
        wal_compression = \(walCompression)
        timezone = 'UTC'
        log_timezone = 'UTC'
        logging_collector = on
        log_directory = 'log'
        log_filename = 'postgresql-%a.log'
        log_truncate_on_rotation = on
        log_rotation_age = 1d
        log_rotation_size = 0

        """
    }

    private func append(_ text: String, to path: String) throws(ClusterError) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Files.failure("open", path) }
        defer { close(descriptor) }
        try Files.write(text, to: descriptor, path: path)
    }
}
