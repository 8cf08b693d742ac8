import Crypto
import Disk
import EventLog
import Fold
import Goals
package import Logging
import Replay
package import Settings

/// `goalpost replay`: history folded into an own state in memory, as it was or under another challenges.json.
///
/// Reads the log and writes to its own directory; it never touches the tables, takes no lock that a fold needs,
/// and needs no PostgreSQL. SIGINT or SIGTERM ends it between two batches: what is there is written, labelled
/// partial, with a checkpoint that `resume` goes on from.
package struct ReplayJob: Sendable {
    /// Longest list of players that is read, in bytes.
    private static let playersBytesMax = 1 << 30
    /// Records that a dry run folds to measure the rate.
    private static let sampleRecords: UInt64 = 200_000

    private let settings: Settings
    private let access: LogAccess
    private let version: String
    private let log: Logger

    /// `version` is the program's.
    package init(settings: Settings, access: LogAccess, version: String, log: Logger) {
        self.settings = settings
        self.access = access
        self.version = version
        self.log = log
    }

    // MARK: Planning

    /// Says what a replay would read and how long it would take, from footers and a short sample.
    package func plan(_ request: ReplayOptions) async throws -> ReplayPlan {
        let range = try ReplayRange(request, access)
        let prepared = try prepare(request)
        let store = SnapshotStore(access: access, log: log)
        let start = try start(of: range, prepared.options)
        let first = start ?? 0
        var (segments, fileBytes, rawBytes) = (0, 0.0, 0.0)
        for segment in try access.directory.segments() where segment.recordCount > 0 {
            let end = segment.baseOffset + segment.recordCount
            guard segment.baseOffset < range.to, end > first else { continue }
            let read = min(end, range.to) - max(segment.baseOffset, first)
            let share = Double(read) / Double(segment.recordCount)
            segments += 1
            fileBytes += Double(segment.fileBytes) * share
            rawBytes += Double(segment.rawBytes) * share
        }
        let records = range.to - min(first, range.to)
        let rate = try await rate(prepared.options, first..<max(first, range.to))
        return ReplayPlan(
            fromOffset: range.from,
            toOffset: range.to,
            snapshotOffset: start,
            segments: segments,
            fileBytes: UInt64(fileBytes),
            rawBytes: UInt64(rawBytes),
            records: records,
            players: try store.newestHeader(upTo: range.to)?.players,
            recordsPerSecond: rate,
            seconds: rate > 0 ? Double(records) / rate : 0,
            memoryBytesMax: request.memoryBytesMax
        )
    }

    /// Records a second over the first records of the range, at most what the limit allows.
    private func rate(_ options: LogReplay.Options, _ range: Range<UInt64>) async throws -> Double {
        let sample = range.lowerBound..<min(range.upperBound, range.lowerBound + Self.sampleRecords)
        guard !sample.isEmpty else { return 0 }
        var free = options
        free.recordsPerSecondMax = nil
        let replay = LogReplay(access: access, options: free)
        let states = LogReplay.States(
            own: try replay.emptyStates(at: sample.lowerBound, keeping: .rows),
            other: replay.emptyOtherStates()
        )
        let started = ContinuousClock.now
        _ = try await replay.run(states, sample)
        let measured = Double(sample.count) / max(started.duration(to: .now).inSeconds, 1e-9)
        return min(measured, options.recordsPerSecondMax.map { Double($0) } ?? .infinity)
    }

    /// The request's options made ready, and the digests of the files it names.
    private func prepare(_ request: ReplayOptions) throws -> (options: LogReplay.Options, inputs: [String]) {
        var options = LogReplay.Options()
        var inputs: [String] = []
        options.threads = request.threads
        options.stretchRecords = request.stretchRecords
        options.memoryBytesMax = request.memoryBytesMax
        options.recordsPerSecondMax = request.recordsPerSecondMax
        options.choice = PlayerChoice(
            partitions: request.partitions,
            modulus: settings.partitions,
            share: request.sample
        )
        if let wrong = request.partitions?.first(where: { $0 >= settings.partitions }) {
            throw JobError(.usage, "there is no partition \(wrong): they are 0 to \(settings.partitions - 1)")
        }
        if let path = request.challenges {
            let bytes = try access.volume.readFile(path, bytesMax: ChallengeFile.bytesMax)
            options.other = try LogAccess.read(bytes, path: path)
            inputs.append(Self.digest(bytes))
        }
        if let path = request.players {
            let bytes = try access.volume.readFile(path, bytesMax: Self.playersBytesMax)
            options.choice.players = try Self.players(bytes, path: path)
            inputs.append(Self.digest(bytes))
        }
        return (options, inputs)
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in SHA256.hash(data: bytes) {
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }

    /// One id a line; a carriage return before the line's end is not part of it.
    private static func players(_ bytes: [UInt8], path: String) throws -> PlayerTable {
        var table = PlayerTable()
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let id = line.last == 0x0D ? line.dropLast() : line
            if id.isEmpty { continue }
            guard let text = String(validating: id, as: UTF8.self),
                text.unicodeScalars.count <= Identifier.scalarsMax
            else {
                throw JobError(
                    .badData,
                    "\(path), line \(number + 1): no player id of 1 to \(Identifier.scalarsMax) characters"
                )
            }
            _ = table.index(of: Identifier(utf8: Array(id)))
        }
        guard table.count > 0 else { throw JobError(.badData, "\(path) names no player: one id a line") }
        return table
    }

    // MARK: Running

    /// Replays, lets `results` write what it wants into the directory, and writes `summary.json`; with `resume` it goes
    /// on from the directory's checkpoint.
    ///
    /// `progress` is called after each batch with the offset where it ends, and says whether to go on.
    package func run(
        _ request: ReplayOptions,
        resume: Bool = false,
        progress: (LogReplay.Progress, _ end: UInt64) -> Bool = { _, _ in true },
        results: (ReplayResult) async throws -> Void = { _ in }
    ) async throws -> ReplayResult {
        let started = ContinuousClock.now
        let volume = access.volume
        let directory = request.directory
        let identity = try access.directory.identity().uuid
        let prepared = try prepare(request)
        let hold = try access.hold("replay", log: log)
        defer { hold?.release() }
        let replay = LogReplay(access: access, options: prepared.options)
        let stop = StopFlag()
        let watch = SignalWatch { _ in stop.set() }
        defer { watch.stop() }
        try volume.makeDirectory(directory, mode: 0o755)
        var leg = try await begin(request, prepared.inputs, identity, replay, resume: resume, stop, progress)
        var done = LogReplay.Progress(nextOffset: leg.nextOffset)
        if leg.nextOffset < leg.toOffset, !stop.isSet {
            let states = leg.states
            leg.states = LogReplay.States(own: [])
            (leg.states, done) = try await replay.run(states, leg.nextOffset..<leg.toOffset) { done in
                progress(done, leg.toOffset) && !stop.isSet
            }
        }
        leg.add(done)
        leg.seconds += started.duration(to: .now).inSeconds
        let result = ReplayResult(
            options: request.options,
            log: identity,
            fromOffset: leg.fromOffset,
            toOffset: leg.toOffset,
            nextOffset: leg.nextOffset,
            leastTime: leg.leastTime,
            greatestTime: leg.greatestTime,
            records: leg.records,
            seconds: leg.seconds,
            isPartial: leg.nextOffset < leg.toOffset,
            states: leg.states.own,
            challenges: try access.governing(leg.nextOffset).set,
            other: prepared.options.other.map { ReplayResult.Other(states: leg.states.other, challenges: $0) }
        )
        try await results(result)
        try ReplaySummary(result).write(into: directory, volume)
        if result.isPartial {
            let checkpoint = leg.checkpoint(identity, request.options, prepared.inputs)
            try checkpoint.write(leg.states, to: directory, volume, version: version)
        } else {
            try ReplayCheckpoint.remove(from: directory, volume)
        }
        return result
    }

    /// The states that the counted stretch starts with: from the checkpoint, a snapshot, or the log's start.
    private func begin(
        _ request: ReplayOptions,
        _ inputs: [String],
        _ identity: String,
        _ replay: LogReplay,
        resume: Bool,
        _ stop: StopFlag,
        _ progress: (LogReplay.Progress, _ end: UInt64) -> Bool
    ) async throws -> ReplayLeg {
        let directory = request.directory
        if resume {
            guard let checkpoint = try ReplayCheckpoint.read(directory, access.volume) else {
                throw JobError(.noInput, "there is nothing to resume in \(directory): no checkpoint.json")
            }
            try checkpoint.check(request.options, inputs, identity)
            return ReplayLeg(checkpoint, try checkpoint.states(replay, from: directory))
        }
        for name in [ReplaySummary.fileName, ReplayCheckpoint.fileName]
        where try access.volume.exists(directory + "/" + name) {
            throw JobError(
                .cannotCreate,
                "\(directory) holds a replay already (\(name)): give another --out, remove it, or --resume a "
                    + "partial one"
            )
        }
        let range = try ReplayRange(request, access)
        let snapshot = try start(of: range, replay.options)
        let make = { (offset: UInt64, catalogue: GoalCatalogue) in
            try replay.emptyStates(at: offset, keeping: .rows, catalogue: catalogue)
        }
        var states = LogReplay.States(own: [], other: replay.emptyOtherStates())
        var first: UInt64 = 0
        let store = SnapshotStore(access: access, log: log)
        if let snapshot,
            let restored = try store.restore(
                upTo: snapshot,
                choice: replay.options.choice,
                makeStates: make
            )
        {
            (first, states.own) = (restored.offset, restored.states)
        } else {
            try SnapshotJob.requireStart(access)
            states.own = try make(0, GoalCatalogue())
        }
        if first < range.from {
            let before = states
            states = LogReplay.States(own: [])
            let led = try await replay.run(before, first..<range.from) { done in
                progress(done, range.to) && !stop.isSet
            }
            guard led.progress.nextOffset == range.from else {
                throw JobError(
                    .tryAgain,
                    "stopped before the start of what was wanted, at offset \(led.progress.nextOffset) of "
                        + "\(range.from): nothing is written; run again"
                )
            }
            states = led.states
        }
        for shard in states.own.indices {
            states.own[shard].effects = GoalEffects()
            states.own[shard].counts = FoldCounts()
        }
        for shard in states.other.indices {
            states.other[shard].effects = GoalEffects()
            states.other[shard].counts = FoldCounts()
        }
        return ReplayLeg(from: range.from, to: range.to, states)
    }

    /// Offset of the newest snapshot that a replay can start from; nil means the log's start.
    ///
    /// A what-if starts at offset 0: what players had before is as unknown under other challenges as before them.
    private func start(of range: ReplayRange, _ options: LogReplay.Options) throws -> UInt64? {
        let first = try access.directory.firstOffset()
        if options.other != nil, first > 0 {
            throw JobError(
                .badData,
                "a what-if needs the log from offset 0, and retention deleted what lies before \(first): "
                    + "which goals those records would have moved under other challenges cannot be known"
            )
        }
        if options.other != nil { return nil }
        let store = SnapshotStore(access: access, log: log)
        let usable = try store.offsets().last { $0 <= range.from && $0 >= first }
        if usable == nil, first > 0 {
            let next = try store.offsets().first { $0 >= first }
            let advice =
                next.map { "there is a snapshot at offset \($0): start there or later with --from" }
                ?? "no snapshot holds what they did"
            throw JobError(
                .badData,
                "records before offset \(first) were deleted by retention, so that the state at "
                    + "offset \(range.from) cannot be known; \(advice)"
            )
        }
        return usable
    }
}
