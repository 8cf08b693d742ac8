import Disk
import StatusReport

/// The directory `jobs` in the data directory, where runs leave what others see of them without a database.
///
/// ```
/// NAME.lock          held by the running job; dies with its process
/// NAME.running.json  how far it is, renewed at most once a second
/// history.ndjson     the newest runs, one a line
/// ledger.json        each job's last runs and totals
/// paused.json        jobs that must not run
/// files.lock         held for the moment that one of the last three changes
/// ```
struct JobFiles: Sendable {
    /// How long the moment of another process may take, in seconds.
    private static let waitSecondsMax = 10
    private static let pollInterval = Duration.milliseconds(5)
    /// A larger file is none of ours.
    private static let bytesMax = 64 << 20

    let volume: any Volume
    let directory: String

    init(_ access: LogAccess) {
        volume = access.volume
        directory = access.workspace.jobs
    }

    func lock(_ job: JobName) -> String { "\(directory)/\(job.rawValue).lock" }
    func running(_ job: JobName) -> String { "\(directory)/\(job.rawValue).running.json" }
    var history: String { directory + "/history.ndjson" }
    var ledger: String { directory + "/ledger.json" }
    var paused: String { directory + "/paused.json" }

    func make() throws(DiskError) { try volume.makeDirectory(directory, mode: 0o755) }

    /// Runs `body` while no other process changes these files.
    func exclusively<Value>(_ body: () throws -> Value) async throws -> Value {
        try make()
        let path = directory + "/files.lock"
        let deadline = ContinuousClock.now + .seconds(Self.waitSecondsMax)
        while true {
            if let lock = try volume.tryLock(path) {
                defer { lock.release() }
                return try body()
            }
            guard ContinuousClock.now < deadline else {
                throw JobError(
                    .tryAgain,
                    "\(path) is held for more than \(Self.waitSecondsMax) s: see which process hangs"
                )
            }
            // A lock that dies with its process tells nobody when it is free: it has to be tried again.
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    /// The bytes of a file; nil when there is none.
    func bytes(_ path: String) throws(DiskError) -> [UInt8]? {
        do throws(DiskError) {
            return try volume.readFile(path, bytesMax: Self.bytesMax)
        } catch {
            guard error.code == DiskErrorCode.notFound else { throw error }
            return nil
        }
    }

    /// What a file of ours holds; nil when there is none.
    func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value? {
        guard let bytes = try bytes(path) else { return nil }
        do {
            return try StatusJSON.decode(type, from: bytes)
        } catch {
            throw JobError(
                .badData,
                "\(path) cannot be read (another program wrote it, or a newer one): remove it"
            )
        }
    }

    func write(_ value: some Encodable, _ path: String) throws {
        try volume.atomicWrite(try StatusJSON.encode(value) + [UInt8(ascii: "\n")], to: path)
    }
}
