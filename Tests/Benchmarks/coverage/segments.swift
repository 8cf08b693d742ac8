/// Any bytes as the only segment of a log: it is checked, read and opened for writing without an end of the process, and
/// what the reader gets is what the writer goes on from.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let given = Array(UnsafeBufferPointer(start: bytes, count: count))
    // As it is, and with checksums that fit: no mutation finds those.
    look(given)
    look(vouched(given))
    return 0
}

private let directory = "/events"

private func look(_ segment: [UInt8]) {
    let disk = SimulatedDisk()
    do {
        try disk.makeDirectory(directory + "/challenges", mode: 0o755)
    } catch {
        preconditionFailure("\(error)")
    }
    let identity = "{\"version\":1,\"uuid\":\"01234567-89ab-4def-8123-456789abcdef\"}\n"
    disk.place(Array(identity.utf8), at: directory + "/stream.json")
    disk.place(segment, at: directory + "/" + SegmentName(baseOffset: 0).fileName)
    do {
        let found = try LogVerifier.verify(volume: disk, directory: directory)
        let (read, isWhole) = records(disk)
        precondition(!found.findings.isEmpty || (isWhole && read == found.recordCount), "unlike the check")
    } catch {
        // A newer format and other refusals are answers.
    }
    do {
        let writer = try LogWriter.open(volume: disk, directory: directory, now: { 0 })
        let next = writer.nextOffset
        writer.close()
        let found = try LogVerifier.verify(volume: disk, directory: directory)
        let (read, isWhole) = records(disk)
        // Footers that fit their checksums and not their seal are damage that the check finds and the reader stops at;
        // the writer goes by the seal.
        precondition(!isWhole || read == next, "the writer goes on elsewhere")
        precondition(!found.findings.isEmpty || isWhole, "the reader does not get through what is sound")
    } catch {
        // It refuses what it cannot mend.
    }
}

/// How many records a reader gets, and whether it gets to an end.
private func records(_ disk: SimulatedDisk) -> (UInt64, isWhole: Bool) {
    var count: UInt64 = 0
    do {
        let reader = try LogReader(volume: disk, directory: directory, from: 0)
        while try reader.nextFrame() { count += UInt64(reader.recordCount) }
        precondition(count == reader.nextOffset, "records and offsets differ")
        return (count, true)
    } catch {
        return (count, false)
    }
}

/// The bytes with the checksums of all that looks like a footer set right, and of the frame before it.
private func vouched(_ segment: [UInt8]) -> [UInt8] {
    var bytes = segment
    var start = 0
    var at = 0
    while at + CommitFooter.byteCountMin <= bytes.count {
        guard bytes.integer(at: at, as: UInt32.self) == CommitFooter.magic else {
            at += 1
            continue
        }
        let end = at + CommitFooter.byteCountMin + Int(bytes[at + 9])
        guard end <= bytes.count else { break }
        put(CRC32C.checksum(bytes, start..<at), &bytes, at + 32)
        put(CRC32C.checksum(bytes, at..<(end - 4)), &bytes, end - 4)
        (start, at) = (end, end)
    }
    return bytes
}

private func put(_ word: UInt32, _ bytes: inout [UInt8], _ at: Int) {
    for index in 0..<4 { bytes[at + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index)) }
}
