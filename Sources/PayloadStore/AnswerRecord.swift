/// What a reader learns about a stored answer besides its frame.
package struct AnswerHeader: Hashable, Sendable {
    /// The template that decodes the frame.
    package let template: TemplateID
    /// The hash partition of the player.
    package let partition: UInt16
    /// The UTC day the answer was rendered for, in days since 1970-01-01.
    package let day: Int32
    /// XXH64 of the frame, which the frame was checked against.
    package let frameChecksum: UInt64
}

/// One player's record: three frames behind a header.
///
/// ```
/// byte 0    format version, 2
///      1    number of frames, 3
///      2    partition, u16
///      4    UTC day it was rendered for, i32
///      8    for each frame, in the order of AnswerSlot, 44 bytes:
///             0  template's SHA-256
///            32  frame bytes, u32
///            36  XXH64 of the frame
///    140    XXH64 of bytes 0 to 139, with the XXH64 of the player's id as its seed
///    148    the frames, nothing between or after them
/// ```
/// Integers are little-endian. A reader checks the header and the one frame it reads. The seed makes a record that is
/// found under another player's id a damaged one: a broken page of LMDB must not show one player's answer to another.
/// Records of version 1, with seed 0, are read too.
struct AnswerRecord {
    static let version: UInt8 = 2
    /// The version whose checksum does not tell whose record it is.
    private static let versionOfAnyone: UInt8 = 1
    private static let entryBytes = 44
    private static let entriesAt = 8
    private static let slotCount = AnswerSlot.allCases.count
    private static let checksumAt = entriesAt + entryBytes * slotCount
    static let headerBytes = checksumAt + 8

    private let bytes: UnsafeRawBufferPointer
    private let partition: UInt16
    private let day: Int32
    private let frames: (Range<Int>, Range<Int>, Range<Int>)

    /// A view of `bytes`, nil when they are no whole record of `user`.
    init?(_ bytes: UnsafeRawBufferPointer, of user: [UInt8]) {
        guard bytes.count >= Self.headerBytes, Int(bytes[1]) == Self.slotCount,
            bytes[0] == Self.version || bytes[0] == Self.versionOfAnyone
        else { return nil }
        let seed = bytes[0] == Self.versionOfAnyone ? 0 : Checksum.xxh64(user)
        var tail = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[Self.checksumAt..<Self.headerBytes]))
        guard tail.read(UInt64.self) == Self.checksum(bytes[0..<Self.checksumAt], seed: seed) else {
            return nil
        }
        self.bytes = bytes
        partition = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        day = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int32.self))
        var at = Self.headerBytes
        func next(_ slot: Int) -> Range<Int> {
            let count = bytes.loadUnaligned(
                fromByteOffset: Self.entriesAt + slot * Self.entryBytes + TemplateID.byteCount,
                as: UInt32.self
            )
            defer { at += Int(UInt32(littleEndian: count)) }
            return at..<(at + Int(UInt32(littleEndian: count)))
        }
        frames = (next(0), next(1), next(2))
        guard at == bytes.count else { return nil }
    }

    func header(_ slot: AnswerSlot) -> AnswerHeader {
        AnswerHeader(
            template: TemplateID(loading: bytes, at: Self.entriesAt + slot.rawValue * Self.entryBytes),
            partition: partition,
            day: day,
            frameChecksum: checksum(of: slot)
        )
    }

    /// Where the frame lies in the record, nil when its checksum says it is damaged.
    func frame(_ slot: AnswerSlot) -> Range<Int>? {
        let range =
            switch slot {
            case .initialize: frames.0
            case .challenges: frames.1
            case .activeOnly: frames.2
            }
        return checksum(of: slot) == Self.checksum(bytes[range]) ? range : nil
    }

    private func checksum(of slot: AnswerSlot) -> UInt64 {
        let at = Self.entriesAt + slot.rawValue * Self.entryBytes + TemplateID.byteCount + 4
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    /// The bytes of the record of `user`; `answers` in the order of `AnswerSlot`.
    static func encode(user: [UInt8], partition: UInt16, day: Int32, answers: [StoredAnswer]) -> [UInt8] {
        var writer = FieldWriter()
        writer.bytes.reserveCapacity(headerBytes + answers.reduce(0) { $0 + $1.frame.count })
        writer.append(version)
        writer.append(UInt8(answers.count))
        writer.append(partition)
        writer.append(day)
        for answer in answers {
            writer.bytes.append(contentsOf: answer.template.bytes)
            writer.append(UInt32(answer.frame.count))
            writer.append(Checksum.xxh64(answer.frame))
        }
        writer.appendChecksum(seed: Checksum.xxh64(user))
        for answer in answers { writer.bytes.append(contentsOf: answer.frame) }
        return writer.bytes
    }

    private static func checksum(_ bytes: Slice<UnsafeRawBufferPointer>, seed: UInt64 = 0) -> UInt64 {
        Checksum.xxh64(UnsafeRawBufferPointer(rebasing: bytes), seed: seed)
    }
}
