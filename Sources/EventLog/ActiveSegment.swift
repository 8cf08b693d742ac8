import Disk

/// The segment that is being appended to, with what its seal and seek table will say.
final class ActiveSegment {
    let name: SegmentName
    let file: any OpenFile
    private(set) var sums: SegmentSeal
    /// Bytes of whole commits: where the next one goes.
    private(set) var byteCount: UInt64 = 0
    /// Commit time of the first commit, milliseconds since 1970; nil before it.
    private(set) var createdAt: Int64?
    /// The newest footer of each source, in log order; used by recovery.
    var footersWithSource: [CommitFooter] {
        Array(newestFooters.values).sorted { $0.baseOffset < $1.baseOffset }
    }
    private var newestFooters: [[UInt8]: CommitFooter] = [:]
    private var table = SeekTable()

    init(name: SegmentName, file: any OpenFile) {
        self.name = name
        self.file = file
        sums = SegmentSeal(baseOffset: name.baseOffset)
    }

    /// Notes a commit that is in the file, and durable as far as the caller knows.
    func add(_ footer: CommitFooter) {
        sums.add(footer)
        table.append(footer)
        byteCount += UInt64(footer.compressedBytes) + UInt64(footer.byteCount)
        if createdAt == nil { createdAt = footer.committedAt }
        if let source = footer.source { newestFooters[Array(source.name.utf8)] = footer }
    }

    /// Writes the seal and the seek table after the last commit and syncs them.
    func seal(_ sources: SourceTable) throws(DiskError) {
        let seal = sums.with(sources).encoded()
        try file.write(seal + seekTable(sealBytes: seal.count).encoded(), at: byteCount)
        try file.syncData()
    }

    /// The table that goes after a seal of `sealBytes`.
    func seekTable(sealBytes: Int) -> SeekTable {
        var sealed = table
        sealed.append(compressedBytes: UInt32(sealBytes), decompressedBytes: 0)
        return sealed
    }
}
