import Disk
import EventLog
import TestKit

extension World {
    /// Several callers' records in one commit, as the commit queue joins them; each is answered by its first offset.
    func append() throws {
        guard let writer, !writer.isPoisoned else { return }
        clock.advance(Int64(random.number(0...4_000)))
        let batch = records.batch(random.number(1...(random.oneIn(4) ? 40 : 6)), using: &random)
        let base = model.end
        model.propose(batch)
        // What a driver does that answers too early.
        if options.plantedBug == .acknowledgesBeforeSync { model.acknowledge() }
        let count = UInt64(batch.ends.count)
        let time = Int64(base)
        let content = FrameContent(
            bytes: batch.bytes,
            recordCount: UInt32(count),
            leastTime: time,
            greatestTime: time + Int64(count),
            source: batch.source.map { SourcePosition(name: $0.name, byteOffset: $0.byteOffset) }
        )
        if options.plantedBug == .foldsUnacknowledged, random.oneIn(8) {
            // The cut that follows a failed sync fails, too.
            disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
            disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 3)
        }
        let offset = try attempt("an append") { () throws(LogError) in try writer.append(content) }
        guard let offset else {
            counts.failedBatches += 1
            guard writer.isPoisoned else { throw failure("a failed append left the writer usable") }
            if options.plantedBug == .foldsUnacknowledged { for _ in 0..<20 { try foldOn() } }
            return
        }
        guard offset == base, writer.nextOffset == base + count else {
            throw failure("records of offset \(base) were acknowledged as \(offset)")
        }
        model.acknowledge()
        counts.records += count
        mix(offset)
    }

    /// Lets time go by, and seals the segment or looks whether it is due.
    func roll() throws {
        clock.advance(Int64(random.number(0...40_000)))
        guard let writer, !writer.isPoisoned else { return }
        if random.oneIn(2) {
            _ = try attempt("a seal") { () throws(LogError) in try writer.seal() }
        } else {
            _ = try attempt("a roll") { () throws(LogError) in try writer.rollIfDue() }
        }
    }

    func applyConfiguration() throws {
        guard let writer, !writer.isPoisoned else { return }
        let number = random.number(0...WorldChallenges.all.count - 1)
        model.proposeConfiguration(number)
        let offset = try attempt("a configuration") { () throws(LogError) in
            try writer.applyConfiguration(WorldChallenges.all[number].bytes)
        }
        guard let offset else {
            guard writer.isPoisoned else { throw failure("a failed configuration left the writer usable") }
            return
        }
        guard offset == model.end else { throw failure("a configuration governs from \(offset) on") }
        model.settleConfiguration(number)
    }

    /// Takes back what a failed append left.
    func reopen() throws {
        guard let writer else { return }
        let done: Void? = try attempt("reopening") { () throws(LogError) in try writer.reopen() }
        guard done != nil else { return }
        try settleConfiguration()
        model.drop()
        guard writer.nextOffset == model.end else {
            throw failure(
                "a reopened log ends at record \(writer.nextOffset), \(model.end) were acknowledged"
            )
        }
    }

    /// All processes die; the machine goes on.
    func kill() throws {
        counts.kills += 1
        disk.cutPower()
        endProcesses()
        disk.killProcesses()
        try recover()
    }

    /// The power fails, if it has not yet.
    func crash() throws {
        counts.crashes += 1
        disk.cutPower()
        endProcesses()
        disk.crash(seed: random.next())
        try recover()
    }

    /// Forgets all that lived in memory; while the power is off, so that nobody cleans up who would be dead.
    private func endProcesses() {
        writer = nil
        readers = []
        compactor = nil
        holds = []
        fold.kill()
    }

    /// Opens the log for writing, whatever happens meanwhile, and compares it with the model.
    func recover() throws {
        for round in 0..<30 where writer == nil {
            if round < 4, random.chance(30) {
                armFault()
            } else {
                disk.disarm()
                if isFull { toggleRoom() }
            }
            let clock = clock
            writer = try attempt("opening the log") { () throws(LogError) in
                try LogWriter.open(volume: volume, directory: Self.path, limits: Self.limits) { clock.now }
            }
            if disk.isDown {
                counts.crashes += 1
                writer = nil
                disk.crash(seed: random.next())
            }
        }
        guard let writer else { throw failure("the log could not be opened in 30 attempts") }
        counts.openings += 1
        try settleConfiguration()
        let found = UInt64(model.candidate?.ends.count ?? 0)
        switch writer.nextOffset {
        case model.end: model.drop()
        case model.end + found:
            model.acknowledge()
            counts.adoptedRecords += found
        default:
            throw failure("the log ends at record \(writer.nextOffset), \(model.end) were acknowledged")
        }
        model.forgetDropped()
        try noteFirst(atMost: model.first)
        mix(writer.nextOffset)
        try check()
    }

    private func toggleRoom() {
        isFull = false
        disk.setFull(false)
    }

    /// A configuration whose application failed is in force or not: whichever it is now, it stays.
    private func settleConfiguration() throws {
        guard let proposed = model.candidateConfiguration else { return }
        let path = LogDirectory(volume: disk, path: Self.path).configurations.path(at: model.end)
        let old = model.configurations[model.end]
        guard let bytes = disk.contents(path) else {
            guard old == nil else { throw failure("the configuration at \(model.end) is gone") }
            return model.settleConfiguration(nil)
        }
        guard let number = WorldChallenges.number(of: bytes), number == proposed || number == old else {
            throw failure("the configuration at \(model.end) is none that was applied")
        }
        model.settleConfiguration(number)
    }
}
