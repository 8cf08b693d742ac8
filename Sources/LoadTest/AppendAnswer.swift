/// The counts of a `goalpost.v1.AppendResponse`.
struct AppendAnswer: Equatable {
    private(set) var accepted = 0
    private(set) var duplicates = 0

    /// Events that are in the log.
    var takenCount: Int { accepted + duplicates }

    /// Reads the message's first fields; what is no message counts nothing.
    init(_ bytes: [UInt8]) {
        var at = 0
        while at < bytes.count {
            let key = bytes[at]
            at += 1
            // Results follow the counts, and are not looked at.
            guard key & 7 == 0 else { return }
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while at < bytes.count, shift < 64 {
                value |= UInt64(bytes[at] & 0x7F) << shift
                at += 1
                guard bytes[at - 1] & 0x80 != 0 else { break }
                shift += 7
            }
            switch key >> 3 {
            case 1: accepted = Int(clamping: value)
            case 2: duplicates = Int(clamping: value)
            default: break
            }
        }
    }
}
