import Disk
import EventLog
import Goals
import Ingest

/// What only the log's owner may ask for.
extension IntakeWriter {
    func source(_ name: String) throws(IntakeError) -> Handover.Source {
        do throws(LogError) {
            let record = try writer.lastRecordText(of: name)
            return Handover.Source(
                position: writer.sourcePosition(of: name) ?? 0,
                lastRecord: record.map { String(decoding: $0, as: UTF8.self) }
            )
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    func apply(_ bytes: [UInt8], _ set: ChallengeSet) throws(IntakeError) -> Handover.Configuration {
        try recover()
        do throws(LogError) {
            let difference = ChallengeDifference(from: try governing(), to: set)
            guard !difference.isEmpty else { return Handover.Configuration(offset: nil, changes: []) }
            return Handover.Configuration(
                offset: try writer.applyConfiguration(bytes),
                changes: difference.lines
            )
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    /// The challenges that govern the next record.
    private func governing() throws(LogError) -> ChallengeSet {
        let history = directory.configurations
        guard let start = try history.offsets().last(where: { $0 <= writer.nextOffset }) else {
            throw .configurationRefused(reason: "no configuration governs offset \(writer.nextOffset)")
        }
        switch ChallengeFile.read(try history.read(at: start)) {
        case .valid(let set): return set
        case .invalid:
            throw .configurationRefused(reason: "\(history.path(at: start)) is no challenges.json any more")
        }
    }

    /// Nil where the parts before this one are not here.
    func keep(_ bytes: [UInt8], _ part: Handover.LongLine) throws(IntakeError) -> UInt64? {
        do throws(DiskError) {
            return try longLines.add(bytes, part, now: now(), makeQuarantine: makeQuarantine)
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    func removeRefused(_ keys: Set<String>, file name: String) throws(IntakeError) -> Int {
        // The file is replaced: what is open would go on being written to where nobody looks.
        defer { renewQuarantine() }
        do throws(DiskError) {
            let names = try QuarantineFile.names(volume: directory.volume, directory: quarantineDirectory)
            guard names.contains(name) else { return 0 }
            let file = try QuarantineFile(
                volume: directory.volume,
                directory: quarantineDirectory,
                name: name
            )
            let numbers = Set(file.lines.filter { keys.contains($0.key) }.map(\.number))
            try file.remove(numbers, volume: directory.volume, directory: quarantineDirectory)
            return numbers.count
        } catch {
            throw .unavailable(reason: error.description)
        }
    }
}
