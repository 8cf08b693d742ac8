package import Goals

/// What `goalpost replay` was asked for, as its options say.
package struct ReplayOptions: Sendable {
    /// Effects are counted from the first record of this time on.
    package var from: Timestamp?
    /// Ends before the first frame with a record of this time or later.
    package var to: Timestamp?
    /// Ends before this offset.
    package var untilOffset: UInt64?
    /// A file of player ids, one a line.
    package var players: String?
    /// Share of the players, above 0 and at most 1.
    package var sample: Double?
    /// Another challenges.json: a what-if.
    package var challenges: String?
    /// Partitions of the tables.
    package var partitions: Set<Int>?
    package var memoryBytesMax = LogReplay.Options.memoryBytesDefault
    /// Records a second.
    package var recordsPerSecondMax: Int?
    package var threads = 2
    /// Records that a thread parses at once; how soon a replay stops goes by it.
    package var stretchRecords = LogReplay.Options().stretchRecords
    /// Where results and checkpoint go.
    package var directory: String

    package init(directory: String) { self.directory = directory }

    /// What decides the result, in words, for reports and to compare a resumed run with.
    package var options: [ReplayResult.Option] {
        var options: [ReplayResult.Option] = []
        func add(_ name: String, _ value: String?) {
            if let value { options.append(ReplayResult.Option(name: name, value: value)) }
        }
        add("--from", from.map { RFC3339.text($0) })
        add("--to", to.map { RFC3339.text($0) })
        add("--until-offset", untilOffset.map { String($0) })
        add("--players", players)
        add("--sample", sample.map { "\($0)" })
        add("--challenges", challenges)
        add("--partitions", partitions.map { $0.sorted().map { String($0) }.joined(separator: ",") })
        return options
    }

    /// Reads `0,3,8-11`; nil for anything else.
    package static func partitions(_ text: String) -> Set<Int>? {
        var found: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                (0...last).contains(first), last < 1024
            else { return nil }
            found.formUnion(first...last)
        }
        return found
    }
}
