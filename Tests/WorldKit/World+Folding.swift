import EventLog
import Fold
import TestKit

extension World {
    private static let frameCountMax = 6

    /// The fold reads a frame, commits what it read, or is killed.
    func foldOn() throws {
        // Where the cut of a failed append failed as well, its frame can be read until the writer takes it back: what a
        // fold makes of it stays.
        if writer?.isPoisoned != false, options.plantedBug != .foldsUnacknowledged { return }
        if random.oneIn(30) {
            counts.foldKills += 1
            return fold.kill()
        }
        if fold.reader == nil {
            let watermark = fold.watermark
            fold.reader = try attempt("the fold's reader at \(watermark)") { () throws(LogError) in
                try LogReader(volume: volume, directory: Self.path, from: watermark)
            }
            fold.next = watermark
        }
        guard let reader = fold.reader else { return }
        let isFound = try attempt(
            "the fold",
            expecting: isOfTakenBack,
            { () throws(LogError) in try reader.nextFrame() }
        )
        guard let isFound else { return fold.kill() }
        guard isFound else { return try commit() }
        guard try take(reader) else { return try commit() }
        if random.oneIn(Self.frameCountMax) { try commit() }
    }

    /// Whether an error is due to a failed append that the fold read and the writer took back.
    private func isOfTakenBack(_ error: LogError) -> Bool {
        switch error {
        case .takenBack(let offset): model.dropped.contains { $0.base == offset }
        case .offsetBeyondEnd: !model.dropped.isEmpty
        default: false
        }
    }

    /// Adds the frame that was just read to the batch; false where the next configuration begins within or after it.
    private func take(_ reader: LogReader) throws -> Bool {
        let history = LogDirectory(volume: volume, path: Self.path).configurations
        let base = reader.baseOffset
        // After the frame was read: a configuration is in place before any record that it governs.
        let offsets = try attempt("the fold's list of configurations") { () throws(LogError) in
            try history.offsets()
        }
        guard let offsets, let governing = offsets.last(where: { $0 <= base }) else {
            fold.kill()
            return true
        }
        let until = offsets.first { $0 > governing } ?? .max
        if fold.batch == nil {
            let bytes = try attempt("the fold's configuration") { () throws(LogError) in
                try history.read(at: governing)
            }
            guard let bytes else {
                fold.kill()
                return true
            }
            guard let number = WorldChallenges.number(of: bytes) else {
                throw failure("the configuration at \(governing) is none that was applied")
            }
            fold.configuration = number
            fold.batch = EventBatch(
                challenges: WorldChallenges.all[number].set,
                watermarks: Array(repeating: fold.watermark, count: WorldFold.partitions)
            )
        } else if offsets.contains(base) {
            // The batch ends here; this frame is read again.
            fold.isAtBoundary = true
            return false
        }
        let count = min(UInt64(reader.recordCount), until - base)
        fold.batch?.append(
            lines: reader.paddedBytes.span.extracting(reader.byteRange),
            recordCount: Int(count),
            baseOffset: base
        )
        fold.next = base + count
        if count == UInt64(reader.recordCount) { return true }
        fold.isAtBoundary = true
        return false
    }

    /// Puts the batch's rows and the watermark into the database, in one step.
    private func commit() throws {
        guard let batch = fold.batch else { return }
        // Only what is durable may be folded.
        if let reader = fold.reader {
            let done: Void? = try attempt(
                "the fold's sync",
                expecting: isOfTakenBack,
                { () throws(LogError) in try reader.syncRead() }
            )
            if done == nil { return fold.kill() }
        }
        if fold.isAtBoundary { fold.reader = nil }
        fold.isAtBoundary = false
        counts.foldedBatches += 1
        let isKilled = random.oneIn(6)
        if isKilled, options.plantedBug == .watermarkBeforeRows {
            fold.watermark = fold.next
            return fold.kill()
        }
        let challenges = WorldChallenges.all[fold.configuration].set
        fold.tables.fold(batch, challenges: challenges, playersAtOnce: random.number(1...9))
        if isKilled, options.plantedBug == .rowsBeforeWatermark { return fold.kill() }
        fold.watermark = fold.next
        fold.batch = nil
        mix(fold.watermark)
    }
}
