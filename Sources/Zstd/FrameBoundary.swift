/// Finds where a zstd frame ends by its block headers, without decompressing it.
///
/// ```
/// frame      magic FD2FB528 · descriptor 1 · window 0–1 · dictionary id 0–4 · content size 0–8
///            blocks: header 3 (bit 0 last, bits 1–2 type, bits 3–23 size) · size bytes (1 for a run)
///            checksum 0–4
/// skippable  magic 184D2A50…5F · size 4 · size bytes
/// ```
package enum FrameBoundary {
    /// What lies at a place in a file; sizes in bytes.
    package enum Extent: Hashable, Sendable {
        /// A data frame of `byteCount` bytes; `contentSize` nil where it is not declared.
        case frame(byteCount: UInt64, contentSize: UInt64?)
        /// A frame that decoders skip, headers included in `byteCount`.
        case skippable(magic: UInt32, byteCount: UInt64)
        /// The input ends exactly here.
        case end
        /// The input ends inside a frame, or inside its magic.
        case torn
        /// No frame can be here, for this reason.
        case corrupt(String)
    }

    /// First four bytes of a data frame, read as a little-endian word.
    package static let frameMagic: UInt32 = 0xFD2F_B528
    /// First of the sixteen magics of skippable frames.
    package static let skippableMagicBase: UInt32 = 0x184D_2A50
    /// Largest block of any frame, in bytes.
    package static let blockBytesMax: UInt64 = 128 * 1024

    /// Measures the frame at `start`.
    ///
    /// `word` returns 1 to 8 bytes at a position as a little-endian number, nil when the input ends before
    /// the last of them. It is called about once a block.
    package static func measure<Failure: Error>(
        at start: UInt64,
        word: (_ position: UInt64, _ count: Int) throws(Failure) -> UInt64?
    ) throws(Failure) -> Extent {
        guard let magicWord = try word(start, 4) else {
            return try word(start, 1) == nil ? .end : .torn
        }
        let magic = UInt32(truncatingIfNeeded: magicWord)
        if magic & 0xFFFF_FFF0 == skippableMagicBase {
            guard let size = try word(start + 4, 4) else { return .torn }
            let byteCount = 8 + size
            guard try word(start + byteCount - 1, 1) != nil else { return .torn }
            return .skippable(magic: magic, byteCount: byteCount)
        }
        guard magic == frameMagic else { return .corrupt("no frame starts with \(hexadecimal(magic))") }
        guard let descriptor = try word(start + 4, 1) else { return .torn }
        // Bit 3 is reserved; bit 4 is unused and never set by an encoder.
        guard descriptor & 0x18 == 0 else { return .corrupt("reserved bits are set in a frame header") }
        let isSingleSegment = descriptor & 0x20 != 0
        var position = start + 5 + (isSingleSegment ? 0 : 1)
        position += [0, 1, 2, 4][Int(descriptor & 3)]
        let sizeBytes: Int = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        var contentSize: UInt64?
        if sizeBytes > 0 {
            guard let size = try word(position, sizeBytes) else { return .torn }
            contentSize = sizeBytes == 2 ? size + 256 : size
            position += UInt64(sizeBytes)
        }
        while true {
            guard let header = try word(position, 3) else { return .torn }
            let size = header >> 3
            guard size <= blockBytesMax else { return .corrupt("a block of \(size) bytes") }
            switch header >> 1 & 3 {
            case 0, 2: position += 3 + size
            case 1: position += 4
            default: return .corrupt("a block of the reserved type")
            }
            if header & 1 == 1 { break }
        }
        if descriptor & 4 != 0 { position += 4 }
        guard try word(position - 1, 1) != nil else { return .torn }
        return .frame(byteCount: position - start, contentSize: contentSize)
    }

    /// Measures the frame at index `start` of `bytes`.
    package static func measure(in bytes: [UInt8], at start: Int = 0) -> Extent {
        measure(at: UInt64(start)) { position, count in
            guard position + UInt64(count) <= UInt64(bytes.count) else { return nil }
            return (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(bytes[Int(position) + $1]) }
        }
    }

    private static func hexadecimal(_ magic: UInt32) -> String {
        "0x" + String(magic, radix: 16, uppercase: true)
    }
}
