import EventLog
import Fold
import TestKit

extension World {
    /// Compares everything there is with the model; no fault is armed meanwhile.
    func check() throws {
        counts.checks += 1
        disk.disarm()
        try checkRecords()
        let result = try surely("verification") { () throws(LogError) in
            try LogVerifier.verify(volume: volume, directory: Self.path)
        }
        try judge(result)
        try checkConfigurations()
        if let writer, !writer.isPoisoned {
            for (name, byteOffset) in model.sources
            where writer.sourcePosition(of: name) != byteOffset {
                let found = writer.sourcePosition(of: name)
                throw failure("source \(name) stands at \(String(describing: found)), not \(byteOffset)")
            }
        }
        try checkFold()
    }

    /// What was acknowledged is there, in order, once, and nothing else.
    private func checkRecords() throws {
        let reader = try surely("a reader from the start") { () throws(LogError) in
            try LogReader(volume: volume, directory: Self.path, from: model.first)
        }
        var from = model.first
        while try surely("reading the log", { () throws(LogError) in try reader.nextFrame() }) {
            try compare(reader, from)
            from = reader.nextOffset
        }
        guard from >= model.end else {
            throw failure("the log ends at record \(from), \(model.end) were acknowledged")
        }
        guard from == model.end || model.candidate != nil else {
            throw failure("the log goes on to record \(from), only \(model.end) were acknowledged")
        }
    }

    private func checkConfigurations() throws {
        let history = LogDirectory(volume: volume, path: Self.path).configurations
        let offsets = try surely("the list of configurations") { () throws(LogError) in try history.offsets()
        }
        for offset in offsets where model.configurations[offset] == nil {
            guard model.candidateConfiguration != nil, offset == model.end else {
                throw failure("a configuration governs from \(offset) on that nobody applied")
            }
        }
        for (offset, number) in model.configurations {
            let bytes = disk.contents(history.path(at: offset))
            if bytes == WorldChallenges.all[number].bytes { continue }
            guard offset == model.end, let proposed = model.candidateConfiguration,
                bytes == WorldChallenges.all[proposed].bytes
            else { throw failure("the configuration at \(offset) is not the one that was applied") }
        }
    }

    /// The fold's rows are those of a fold that was never killed.
    private func checkFold() throws {
        guard fold.watermark <= model.end else {
            throw failure("the fold's watermark is \(fold.watermark), the log ends at \(model.end)")
        }
        while fold.referenceWatermark < fold.watermark {
            let start = fold.referenceWatermark
            guard let (number, until) = model.governing(start) else {
                throw failure("no configuration governs record \(start)")
            }
            let end = min(until, fold.watermark)
            let set = WorldChallenges.all[number].set
            var batch = EventBatch(challenges: set, watermarks: [start])
            let bytes = model.lines(start..<end)
            batch.append(lines: bytes.span, recordCount: Int(end - start), baseOffset: start)
            fold.reference.fold(batch, challenges: set, playersAtOnce: 100)
            fold.referenceWatermark = end
        }
        if let difference = fold.tables.difference(from: fold.reference) {
            throw failure("after record \(fold.watermark) the fold's \(difference)")
        }
    }
}
