import Disk
import EventLog
import Synchronization
import TestKit

/// A whole log with everything that works on it, on a simulated disk with a simulated clock: one seed, one history.
///
/// A single thread takes turns at random between the writer, tailing readers, compaction, retention, holds, the
/// verifier and the fold, lets calls on the disk fail, cuts the power at any of them, and compares all there is with a
/// plain model. The same seed does the same, call for call. Belongs to one task.
package final class World {
    static let path = "/events"
    static let limits = LogLimits(segmentBytesMax: 3_000, segmentAgeMax: .seconds(60))

    let seed: UInt64
    let options: WorldOptions
    let disk = SimulatedDisk()
    /// The disk, or what a planted bug makes of it.
    let volume: any Volume
    let clock = Clock()
    var random: SplitMix64
    var model = WorldModel()
    var records = WorldRecords()
    package internal(set) var counts = WorldCounts()
    /// A hash of all that happened so far.
    package internal(set) var trace: UInt64 = 0xCBF2_9CE4_8422_2325

    var writer: LogWriter?
    var readers: [TailReader] = []
    var compactor: LogCompactor?
    var holds: [LogHold] = []
    var holdCount = 0
    var fold = WorldFold()
    /// Offset from which on the newest snapshot needs records.
    var snapshot: UInt64 = 0
    /// No retention so far was to delete anything from here on.
    var permittedMax: UInt64 = 0
    var isFull = false

    /// Milliseconds since 1970, moved by the driver alone.
    final class Clock: Sendable {
        private let time = Mutex<Int64>(1_767_225_600_000)
        var now: Int64 { time.withLock { $0 } }
        func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
    }

    /// Makes a world that has done nothing yet.
    package init(seed: UInt64, options: WorldOptions = WorldOptions()) {
        self.seed = seed
        self.options = options
        random = SplitMix64(seed: seed)
        volume = if let bug = options.plantedBug { BrokenVolume(disk, bug) } else { disk }
    }

    /// Calls on the disk and actions so far.
    package var step: UInt64 { UInt64(disk.allCallCount) + counts.actions }

    /// Lives to its end and returns what happened; throws `WorldFailure` for the first thing that may not be.
    package func run() throws -> WorldCounts {
        counts.worlds = 1
        try begin()
        while step < options.stepsMax {
            try act()
            if disk.isDown { try crash() }
        }
        try crash()
        counts.diskCalls = UInt64(disk.allCallCount)
        counts.faults = disk.faultCounts
        return counts
    }

    /// Makes the log, however often the power fails meanwhile, and puts the first configuration in force.
    private func begin() throws {
        var isMade = false
        for round in 0..<20 where !isMade {
            if round < 5, random.chance(50) { armFault() } else { disk.disarm() }
            let identity = try attempt("making the log") { () throws(LogError) in
                try LogDirectory.create(volume: volume, path: Self.path) {
                    "01234567-89ab-4def-8123-456789abcdef"
                }
            }
            isMade = identity != nil
            if disk.isDown { disk.crash(seed: random.next()) }
        }
        guard isMade else { throw failure("no log could be made") }
        try recover()
        while model.configurations[0] == nil {
            disk.disarm()
            try applyConfiguration()
        }
    }

    /// One action of one actor, or of the world around them.
    private func act() throws {
        counts.actions += 1
        let choice = random.number(0...999)
        mix(UInt64(choice))
        if writer?.isPoisoned == true, random.chance(20) { return try reopen() }
        switch choice {
        case ..<150: try append()
        case ..<162: try roll()
        case ..<166: try applyConfiguration()
        case ..<560: try read()
        case ..<720: try foldOn()
        case ..<880: try compact()
        case ..<905: try retain()
        case ..<930: try hold()
        case ..<936: try verify()
        case ..<940: try check()
        case ..<985: armFault()
        case ..<990: toggleFullness()
        case ..<995: try kill()
        default: disk.cutPower()
        }
    }

    /// Arms one fault for one of the next calls.
    func armFault() {
        let codes = [DiskErrorCode.deviceError, DiskErrorCode.diskFull]
        let call = random.number(1...14)
        let code = random.pick(codes)
        switch random.number(0...9) {
        case 0...1: disk.arm(.fail(code), atCall: call)
        case 2: disk.arm(.writeInPart(random.number(0...400), code: code), atCall: call)
        case 3...4: disk.arm(.loseSync(code: code), atCall: call)
        case 5...7: disk.arm(.losePower, atCall: call)
        default: disk.armRead(code: DiskErrorCode.deviceError, atCall: random.number(1...60))
        }
    }

    private func toggleFullness() {
        isFull.toggle()
        disk.setFull(isFull)
    }

    /// Runs an actor's calls; nil where they failed for a fault that they met, or as `isExpected` says.
    ///
    /// A fault of the disk must never be taken for damage of the log.
    func attempt<Value>(
        _ what: String,
        expecting isExpected: (LogError) -> Bool = { _ in false },
        _ body: () throws(LogError) -> Value
    ) throws -> Value? {
        let before = disk.faultCounts
        do throws(LogError) {
            return try body()
        } catch {
            mix(0xE44)
            if isExpected(error) { return nil }
            if case .disk = error, disk.faultCounts != before || disk.isDown { return nil }
            throw failure("\(what) failed: \(error)")
        }
    }

    /// Runs calls that nothing excuses from working.
    func surely<Value>(_ what: String, _ body: () throws(LogError) -> Value) throws -> Value {
        do throws(LogError) { return try body() } catch { throw failure("\(what) failed: \(error)") }
    }

    func failure(_ what: String) -> WorldFailure { WorldFailure(seed: seed, step: step, what: what) }

    func mix(_ number: UInt64) {
        trace = (trace ^ number ^ UInt64(truncatingIfNeeded: disk.allCallCount) << 20) &* 0x100_0000_01B3
    }
}
