import EventLog
import TestKit

/// A reader that follows the log.
struct TailReader {
    let reader: LogReader
    /// Whether it read records that were never acknowledged, and so may be somewhere that no longer is.
    var isAhead = false
    /// Whether it has not synced since it read such.
    var needsSync = false
}

extension World {
    private static let readersMax = 4

    /// Opens a reader anywhere, or lets one go on by a frame or a footer.
    func read() throws {
        if readers.isEmpty || (readers.count < Self.readersMax && random.oneIn(20)) {
            return try openReader()
        }
        let index = random.number(0...readers.count - 1)
        if random.oneIn(60) {
            readers.remove(at: index)
            return
        }
        let reader = readers[index].reader
        let from = reader.nextOffset
        let isAhead = readers[index].isAhead
        let isFooter = random.oneIn(6)
        let first = model.first
        let found = try attempt(
            "a reader at \(from)",
            expecting: { error in
                switch error {
                case .offsetRetained: from < first
                case .offsetBeyondEnd, .takenBack: isAhead
                default: false
                }
            },
            { () throws(LogError) in
                if isFooter {
                    guard let footer = try reader.nextFooter() else { return false }
                    return footer.baseOffset <= from && footer.nextOffset == reader.nextOffset
                }
                return try reader.nextFrame()
            }
        )
        guard let found else {
            if isAhead || from < first || random.oneIn(2) { readers.remove(at: index) }
            return
        }
        guard found else {
            guard reader.nextOffset == from else {
                throw failure("the footer of record \(from) is that of others")
            }
            guard isAhead || from >= model.end else {
                throw failure("a reader ends at record \(from), \(model.end) were acknowledged")
            }
            return
        }
        counts.frames += 1
        if !isFooter, try compare(reader, from) == .takenBack || reader.nextOffset > model.end {
            (readers[index].isAhead, readers[index].needsSync) = (true, true)
        } else if isFooter {
            // What it says is not looked at: it may be that of records that were taken back.
            readers[index].isAhead =
                readers[index].isAhead || !model.dropped.isEmpty || reader.nextOffset > model.end
        }
        if random.oneIn(10) { try sync(index) }
    }

    /// Syncs what a reader read: what was taken back must not pass for durable.
    private func sync(_ index: Int) throws {
        let isAhead = readers[index].isAhead
        let reader = readers[index].reader
        let done: Void? = try attempt(
            "a reader's sync",
            expecting: { if case .takenBack = $0 { isAhead } else { false } },
            { () throws(LogError) in try reader.syncRead() }
        )
        guard done != nil else {
            readers.remove(at: index)
            return
        }
        guard !readers[index].needsSync || model.candidate != nil else {
            throw failure("a reader's sync passed for records that had been taken back")
        }
        readers[index].needsSync = false
    }

    private func openReader() throws {
        let choice = random.number(0...9)
        let offset: UInt64 =
            switch choice {
            case 0...3: model.end
            case 4...5: model.first
            default: UInt64.random(in: model.first...model.end, using: &random)
            }
        let reader = try attempt("opening a reader at \(offset)") { () throws(LogError) in
            try LogReader(volume: volume, directory: Self.path, from: offset)
        }
        guard let reader else { return }
        counts.readers += 1
        readers.append(TailReader(reader: reader))
    }

    /// What a frame turned out to hold.
    enum Holding { case asAppended, takenBack }

    /// Compares the frame that a reader has just read with the model.
    ///
    /// Records of a failed append can still be in the memory of a reader after they were cut.
    @discardableResult
    func compare(_ reader: LogReader, _ from: UInt64) throws -> Holding {
        let count = UInt64(reader.recordCount)
        guard reader.baseOffset == from, reader.nextOffset == from + count else {
            throw failure("a reader at \(from) read \(count) records from \(reader.baseOffset) on")
        }
        guard let different = model.firstDifference(reader.bytes, from: from, count: count) else {
            return .asAppended
        }
        if model.isTakenBack(reader.bytes, from: from, count: count) { return .takenBack }
        throw failure("record \(different) is not the one that was appended")
    }
}
