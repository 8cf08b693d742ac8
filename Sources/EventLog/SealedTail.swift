import Disk

/// The end of a sealed segment, read from the file's last bytes at a cost that does not depend on its size.
struct SealedTail {
    let seal: SegmentSeal
    /// Byte after the last commit, where the seal starts.
    let sealOffset: UInt64
    /// Byte where the seek table starts.
    let tableOffset: UInt64
    let entryCount: Int
    let fileBytes: UInt64

    /// Reads the tail of `file`; nil when the segment is not sealed, or its seal or seek table is not whole.
    static func read(_ file: any OpenFile, name: SegmentName) throws(LogError) -> SealedTail? {
        let size = try onDisk { () throws(DiskError) in try file.size() }
        guard size > UInt64(SeekTable.overheadBytes + 8),
            let last = try bytes(of: file, at: size - UInt64(SeekTable.footerBytes), SeekTable.footerBytes),
            let count = SeekTable.entryCount(footer: last), count > 0
        else { return nil }
        let tableBytes = UInt64(SeekTable.overheadBytes) + 8 * UInt64(count)
        guard tableBytes < size else { return nil }
        let table = size - tableBytes
        guard let head = try bytes(of: file, at: table, 8),
            head.integer(at: 0) == SeekTable.frameMagic,
            head.integer(at: 4, as: UInt32.self) == UInt32(truncatingIfNeeded: tableBytes - 8),
            let entry = try bytes(of: file, at: size - UInt64(SeekTable.footerBytes) - 8, 8)
        else { return nil }
        let sealBytes: UInt32 = entry.integer(at: 0)
        guard sealBytes <= SegmentSeal.byteCountMax, UInt64(sealBytes) < table,
            entry[4...7].allSatisfy({ $0 == 0 }),
            let encoded = try bytes(of: file, at: table - UInt64(sealBytes), Int(sealBytes))
        else { return nil }
        let seal: SegmentSeal
        do throws(FormatError) {
            seal = try SegmentSeal.decode(encoded)
        } catch {
            if case .newerVersion(let version) = error {
                throw .newerFormat(file: file.path, byteOffset: table - UInt64(sealBytes), version: version)
            }
            return nil
        }
        guard seal.baseOffset == name.baseOffset, UInt64(count) == 2 * seal.commitCount + 1 else {
            return nil
        }
        return SealedTail(
            seal: seal,
            sealOffset: table - UInt64(sealBytes),
            tableOffset: table,
            entryCount: count,
            fileBytes: size
        )
    }

    /// The whole seek table.
    func table(_ file: any OpenFile) throws(LogError) -> SeekTable {
        guard let encoded = try Self.bytes(of: file, at: tableOffset, Int(fileBytes - tableOffset)) else {
            throw damaged(file, "the file ends inside the seek table")
        }
        do throws(FormatError) {
            let table = try SeekTable.decode(encoded)
            if table.listedBytes == tableOffset { return table }
        } catch {
            throw damaged(file, "the seek table is not whole")
        }
        throw damaged(file, "the seek table does not list all bytes before it")
    }

    /// Where the commit that holds record `offset` starts, and its base offset; found by bisection.
    ///
    /// `offset` lies in the segment. Nil when the seek table does not lead to valid footers.
    func position(of offset: UInt64, in file: any OpenFile) throws(LogError) -> (byte: UInt64, base: UInt64)?
    {
        let entries = try table(file).entries
        var starts: [UInt64] = []
        starts.reserveCapacity(entries.count)
        var sum: UInt64 = 0
        for entry in entries {
            starts.append(sum)
            sum += UInt64(entry.compressedBytes)
        }
        // Commit k is entries 2k and 2k + 1. Holds: the wanted commit is in low ..< high.
        var (low, high) = (0, entries.count / 2)
        while low < high {
            let middle = (low + high) / 2
            let footerBytes = Int(entries[2 * middle + 1].compressedBytes)
            guard footerBytes <= CommitFooter.byteCountMax,
                let encoded = try Self.bytes(of: file, at: starts[2 * middle + 1], footerBytes)
            else { return nil }
            let footer: CommitFooter
            do throws(FormatError) {
                footer = try CommitFooter.decode(encoded, 0..<footerBytes)
            } catch {
                // The caller walks the segment instead, which names the damage.
                return nil
            }
            if offset < footer.baseOffset {
                high = middle
            } else if offset >= footer.nextOffset {
                low = middle + 1
            } else {
                return (starts[2 * middle], footer.baseOffset)
            }
        }
        return nil
    }

    private func damaged(_ file: any OpenFile, _ reason: String) -> LogError {
        .damaged(file: file.path, byteOffset: tableOffset, recordOffset: seal.nextOffset, reason: reason)
    }

    /// `count` bytes at `offset`, nil when the file ends before.
    private static func bytes(
        of file: any OpenFile,
        at offset: UInt64,
        _ count: Int
    ) throws(LogError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let done = try onDisk { () throws(DiskError) in
            try file.read(at: offset, into: &bytes, range: 0..<count)
        }
        return done == count ? bytes : nil
    }
}
