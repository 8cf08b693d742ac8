package import EventLog

extension RandomHistory {
    /// Puts lines `range` into a log, in frames of random sizes up to `frameRecordsMax`, with their configurations.
    ///
    /// A frame's times are the offsets of its records, in milliseconds.
    package func append(
        _ range: Range<Int>,
        to writer: LogWriter,
        frameRecordsMax: UInt64,
        using random: inout SplitMix64
    ) throws {
        let stops = configurations.keys.sorted() + [range.upperBound]
        var start = range.lowerBound
        while start < range.upperBound {
            if let bytes = configurations[start] { _ = try writer.applyConfiguration(bytes) }
            let limit = min(range.upperBound, stops.first { $0 > start } ?? range.upperBound)
            let end = min(limit, start + 1 + Int(random.next() % frameRecordsMax))
            _ = try writer.append(
                FrameContent(
                    bytes: lines[start..<end].flatMap { $0 + [0x0A] },
                    recordCount: UInt32(end - start),
                    leastTime: Int64(start),
                    greatestTime: Int64(end - 1)
                )
            )
            start = end
        }
    }
}
