/// What the log has to hold, as plainly as it can be said: a list of acknowledged records, and a batch that may be there.
struct WorldModel {
    /// A batch whose append failed: after a crash it is in the log whole, or not at all.
    struct Candidate {
        /// Whole lines.
        var bytes: [UInt8]
        /// Bytes of `bytes` up to the end of each record.
        var ends: [Int]
        /// Where its source stands after it.
        var source: (name: String, byteOffset: UInt64)?
    }

    /// All records ever acknowledged, as lines, those that retention took included.
    private(set) var bytes: [UInt8] = []
    /// Byte at which each record starts, and the end of the last.
    private(set) var starts = [0]
    /// Where each source stands.
    private(set) var sources: [String: UInt64] = [:]
    /// Configurations by the offset that they govern from.
    private(set) var configurations: [UInt64: Int] = [:]
    /// What the last append tried to put there.
    private(set) var candidate: Candidate?
    /// Batches that failed and were taken back since the log was opened, with the offsets that they would have had.
    private(set) var dropped: [(base: UInt64, batch: Candidate)] = []
    /// What the last application of a configuration tried to put in force at the end.
    private(set) var candidateConfiguration: Int?
    /// Offset of the oldest record that is there.
    var first: UInt64 = 0

    /// Offset after the last acknowledged record.
    var end: UInt64 { UInt64(starts.count - 1) }

    /// The lines of records `range`, all of them acknowledged.
    func lines(_ range: Range<UInt64>) -> ArraySlice<UInt8> {
        bytes[starts[Int(range.lowerBound)]..<starts[Int(range.upperBound)]]
    }

    mutating func propose(_ batch: Candidate) { candidate = batch }

    /// The candidate is in the log.
    mutating func acknowledge() {
        guard let candidate else { return }
        let start = bytes.count
        bytes += candidate.bytes
        starts += candidate.ends.map { start + $0 }
        if let source = candidate.source { sources[source.name] = source.byteOffset }
        self.candidate = nil
    }

    /// The candidate is not in the log and never will be.
    mutating func drop() {
        if let candidate { dropped.append((end, candidate)) }
        candidate = nil
    }

    /// No reader lives that could remember what was taken back.
    mutating func forgetDropped() { dropped = [] }

    /// Whether these are the records of a batch that was taken back.
    func isTakenBack(_ lines: ArraySlice<UInt8>, from offset: UInt64, count: UInt64) -> Bool {
        dropped.contains { base, batch in
            guard base <= offset, offset + count == base + UInt64(batch.ends.count) else { return false }
            let start = offset == base ? 0 : batch.ends[Int(offset - base) - 1]
            return lines.elementsEqual(batch.bytes[start...])
        }
    }

    mutating func proposeConfiguration(_ number: Int) { candidateConfiguration = number }

    /// The configuration that is in force from the end on is this one, nil for none of its own.
    mutating func settleConfiguration(_ number: Int?) {
        configurations[end] = number
        candidateConfiguration = nil
    }

    /// Number of the configuration that governs the record `offset`, and where the next one begins.
    func governing(_ offset: UInt64) -> (number: Int, until: UInt64)? {
        var best: UInt64?
        var next = UInt64.max
        for start in configurations.keys {
            if start <= offset { best = max(best ?? 0, start) } else { next = min(next, start) }
        }
        guard let best, let number = configurations[best] else { return nil }
        return (number, next)
    }

    /// The first record in which `lines`, records from `offset` on, differ from what has to be there; nil where none does.
    ///
    /// Records after the end may be those of the candidate.
    func firstDifference(_ lines: ArraySlice<UInt8>, from offset: UInt64, count: UInt64) -> UInt64? {
        guard offset + count <= end + UInt64(candidate?.ends.count ?? 0) else { return max(offset, end) }
        let known = min(offset + count, end)
        var rest = lines
        if offset < known {
            let expected = self.lines(offset..<known)
            let start = rest.prefix(expected.count)
            if !start.elementsEqual(expected) {
                let matching = zip(start, expected).prefix { $0 == $1 }.count
                let byte = starts[Int(offset)] + matching
                return UInt64((starts.firstIndex { $0 > byte } ?? starts.count) - 1)
            }
            rest = rest.dropFirst(expected.count)
        }
        guard offset + count > end, let candidate else { return rest.isEmpty ? nil : known }
        let from = max(offset, end) - end
        let (low, high) = (
            from == 0 ? 0 : candidate.ends[Int(from) - 1], candidate.ends[Int(offset + count - end) - 1]
        )
        return rest.elementsEqual(candidate.bytes[low..<high]) ? nil : end + from
    }
}
