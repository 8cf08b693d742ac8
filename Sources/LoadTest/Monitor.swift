import BlockingLane
import Disk
import Glibc

/// What the machine and the stores looked like at one second of the test.
package struct MonitorSample: Sendable, Codable, Equatable {
    /// Seconds since the start.
    package var second = 0.0
    /// By name: generator, and where the test runs them itself front, ingest, postgresql, jobs.
    package var processes: [String: ProcessFigures] = [:]
    /// Absent where the test has no data directory of its own, as the next ones.
    package var logBytes: UInt64?
    package var payloadBytes: UInt64?
    /// Bytes that may still be written to the data directory's file system.
    package var freeBytes: UInt64?
    package var database: DatabaseFigures?

    package init() {}
}

/// Takes a sample a second, on a thread of its own, since files and PostgreSQL may block.
actor Monitor {
    /// Where things are that the test has started; nil in a test of servers that others started.
    struct Places: Sendable {
        let data: String
        let front: Int32
        let ingest: Int32
        let postmaster: Int32
        let database: DatabaseProbe
    }

    /// Samples kept: a day's; after that the newest takes the place of the one before it.
    private static let samplesMax = 86_400

    private let lane = BlockingLane(label: "goalpost.loadtest.monitor")
    private let places: Places?
    private let clock: LoadClock
    private let jobs: CycleRuns
    private var scans = ScanWatch()
    private var takenCount = 0
    private(set) var samples: [MonitorSample] = []
    /// Why the newest look at PostgreSQL failed.
    private(set) var problem: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    init(places: Places?, clock: LoadClock, jobs: CycleRuns) {
        (self.places, self.clock, self.jobs) = (places, clock, jobs)
    }

    /// Samples until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await sample()
            let next = Double(takenCount)
            let wait = next - Double(clock.now) / 1e9
            // A sample a second is what is wanted; it fails only where it is cancelled, and that is the end.
            do { try await Task.sleep(for: .seconds(max(0.1, wait))) } catch { return }
        }
    }

    /// Takes one sample now.
    func sample() async {
        var sample = MonitorSample()
        sample.second = Double(clock.now) / 1e9
        let own = ProcessTable.figures(getpid(), includesChildren: false) ?? ProcessFigures()
        sample.processes["generator"] = own
        if let places {
            sample.processes["front"] = ProcessTable.figures(places.front)
            sample.processes["ingest"] = ProcessTable.figures(places.ingest)
            sample.processes["postgresql"] = Self.family(places.postmaster)
            sample.processes["jobs"] = jobFigures()
            sample.logBytes = Self.bytes(in: places.data + "/log/events")
            sample.payloadBytes = Self.bytes(in: places.data + "/payloads")
            do { sample.freeBytes = try LocalVolume().freeBytes(places.data) } catch { problem = "\(error)" }
            do {
                var (figures, tables) = try await places.database.figures()
                figures.largeScans = scans.look(at: tables)
                sample.database = figures
            } catch {
                problem = "\(error)"
            }
        }
        takenCount += 1
        if samples.count == Self.samplesMax { samples.removeLast() }
        samples.append(sample)
    }

    /// The jobs at work now; the CPU of those that have ended is what this process has waited for.
    private func jobFigures() -> ProcessFigures {
        var figures = jobs.running.compactMap { ProcessTable.figures($0) }.reduce(ProcessFigures(), +)
        figures.cpuSeconds += Double(ProcessTable.stat(getpid())?.childTicks ?? 0) / 100
        return figures
    }

    private static func family(_ parent: Int32) -> ProcessFigures? {
        guard let figures = ProcessTable.figures(parent) else { return nil }
        return ProcessTable.children(of: parent).compactMap { ProcessTable.figures($0) }.reduce(figures, +)
    }

    /// Bytes of the files in a directory; 0 where it is not there yet.
    private static func bytes(in directory: String) -> UInt64 {
        do {
            let volume = LocalVolume()
            return try volume.list(directory).map { try volume.fileSize(directory + "/" + $0) }.reduce(0, +)
        } catch {
            return 0
        }
    }
}
