/// Cuts literals and copies into zstd blocks of about equal size, no copy into pieces that are too short.
///
/// One small last block would be stored raw by zstd, which reads it from where only literals were written.
struct BlockCutter {
    /// Zstd's limit is 128 KiB; the rest is room for cuts that are moved.
    static let blockBytesMax = 130_000
    /// Most bytes a cut moves to the front, and how much larger blocks are therefore aimed at.
    private static let slackBytes = 2 * SequenceDraft.copyBytesMin

    /// Bytes handed out so far.
    private(set) var at = 0
    private let blockBytes: Int
    private var blockEnd: Int

    init(byteCount: Int) {
        let blocks = max(1, (byteCount + Self.blockBytesMax - 1) / Self.blockBytesMax)
        blockBytes = (byteCount + blocks - 1) / blocks + (blocks > 1 ? Self.slackBytes : 0)
        blockEnd = blockBytes
    }

    /// Hands `emit` the literals and the copy that follows them; `copied` 0 ends a block.
    mutating func add(literals: Int, copied: Int, emit: (_ literals: Int, _ copied: Int) -> Void) {
        var literals = literals
        var copied = copied
        cutLiterals(&literals) { emit($0, 0) }
        while at + literals + copied > blockEnd {
            let piece = pieceBytes(room: blockEnd - at - literals, copied: copied)
            if piece > 0 {
                emit(literals, piece)
                at += literals + piece
                (literals, copied) = (0, copied - piece)
            }
            emit(piece > 0 ? 0 : literals, 0)
            if piece == 0 {
                at += literals
                literals = 0
            }
            blockEnd = at + blockBytes
        }
        emit(literals, copied)
        at += literals + copied
    }

    /// Ends the last block with the literals after the last copy.
    mutating func finish(literals: Int, emit: (_ literals: Int) -> Void) {
        var literals = literals
        cutLiterals(&literals, emit)
        emit(literals)
        at += literals
    }

    /// Ends blocks inside of a run of literals, leaving those of the last block begun.
    private mutating func cutLiterals(_ literals: inout Int, _ emit: (Int) -> Void) {
        while at + literals > blockEnd {
            let count = blockEnd - at
            emit(count)
            at += count
            literals -= count
            blockEnd = at + blockBytes
        }
    }

    /// How much of a copy still goes into a block with `room` bytes left: neither part too short; 0 for none.
    private func pieceBytes(room: Int, copied: Int) -> Int {
        let least = SequenceDraft.copyBytesMin
        if room >= least, copied - room >= least { return room }
        return room >= 2 * least ? copied - least : 0
    }
}
