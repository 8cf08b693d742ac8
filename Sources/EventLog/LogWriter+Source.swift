extension LogWriter {
    /// The last record that was committed from the source, without its line end.
    ///
    /// Nil for one that was never committed from, and where retention took the record.
    package func lastRecordText(of name: String) throws(LogError) -> [UInt8]? {
        guard let offset = lastRecord(of: name) else { return nil }
        do throws(LogError) {
            let reader = try reader(from: offset)
            guard try reader.nextFrame() else { return nil }
            return Array(reader.bytes.prefix { $0 != UInt8(ascii: "\n") })
        } catch {
            if case .offsetRetained = error { return nil }
            throw error
        }
    }
}
