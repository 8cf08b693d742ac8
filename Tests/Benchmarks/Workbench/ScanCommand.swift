import ArgumentParser
import Dispatch
import EventLog
import Jobs
import Replay
import Settings
import Synchronization

/// Reads a whole log into a state in memory: decompress, parse, apply; no database and no results.
struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Fold a whole log into a state in memory."
    )

    @Option(help: "A data directory with a log.")
    var data: String

    @Option(help: "Threads, 1 to 64.")
    var threads = 1

    fileprivate struct Report: Encodable, Sendable {
        let records: UInt64
        let rows: Int
        let players: Int
        let seconds: Double
        let processorSeconds: Double
    }

    func run() throws {
        let (done, result) = (DispatchSemaphore(value: 0), ScanResult())
        let (data, threads) = (data, threads)
        Task {
            do {
                let report = try await Self.scan(data, threads)
                result.value.withLock { $0 = .success(report) }
            } catch {
                result.value.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        done.wait()
        if let report = try result.value.withLock({ try $0?.get() }) { try Measurement.print(report) }
    }

    private static func scan(_ data: String, _ threads: Int) async throws -> Report {
        let access = LogAccess(try await Settings.load(data: data))
        var options = LogReplay.Options()
        options.threads = threads
        options.isLowPriority = false
        let replay = LogReplay(access: access, options: options)
        let range = 0..<(try access.directory.end())
        let states = LogReplay.States(own: try replay.emptyStates(at: 0, keeping: .rows))
        let measured = Measurement()
        let (found, progress) = try await replay.run(states, range)
        return Report(
            records: progress.records,
            rows: found.own.reduce(0) { $0 + $1.rowCount },
            players: found.own.reduce(0) { $0 + $1.playerCount },
            seconds: measured.seconds,
            processorSeconds: measured.processorSeconds
        )
    }
}

/// What came of the scan, handed from its task to the thread that waits for it.
private final class ScanResult: Sendable {
    let value = Mutex<Result<ScanCommand.Report, any Error>?>(nil)
}
