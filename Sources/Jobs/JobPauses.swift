import StatusReport

/// Jobs that must not run, each with the reason; kept in the data directory.
struct JobPauses: Sendable {
    private let files: JobFiles

    init(_ files: JobFiles) { self.files = files }

    /// By job.
    func all() throws -> [String: JobPause] { try files.read([String: JobPause].self, files.paused) ?? [:] }

    /// Pauses jobs; one that is paused already gets the new reason.
    func pause(_ jobs: [JobName], _ pause: JobPause) async throws {
        try await files.exclusively {
            var all = try all()
            for job in jobs { all[job.rawValue] = pause }
            try files.write(all, files.paused)
        }
    }

    /// Lets jobs run again; returns those that were paused.
    func resume(_ jobs: [JobName]) async throws -> [JobName] {
        try await files.exclusively {
            var all = try all()
            let paused = jobs.filter { all[$0.rawValue] != nil }
            for job in paused { all[job.rawValue] = nil }
            if !paused.isEmpty { try files.write(all, files.paused) }
            return paused
        }
    }
}
