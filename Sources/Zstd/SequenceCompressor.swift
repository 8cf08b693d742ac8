internal import CZstd
internal import Glibc

/// Makes zstd frames from drafts, with a template as dictionary: no searching, and every frame is checked.
///
/// `ZSTD_compressSequences` trusts its caller: wrong sequences, and blocks that it decides to store raw, give
/// frames that decode to other bytes without any error. So each frame is decoded and compared with its draft;
/// one that differs is made again by ordinary compression against the template, and checked again.
///
/// Owned by one thread or actor at a time; keeps its contexts and buffers for all calls.
@safe package final class SequenceCompressor {
    /// Drafts up to this size are written out before compression, see `layOut`.
    private static let writtenOutBytesMax = 16 << 10

    /// The template as a dictionary; may be shared with decompressors.
    package let dictionary: DecompressionDictionary
    /// Frames that had to be made by ordinary compression.
    package private(set) var fallbackCount = 0
    private let context: OpaquePointer
    private let prefixContext: OpaquePointer
    private let decoder: OpaquePointer
    private var sequences: [ZSTD_Sequence] = []
    /// What the draft says, where zstd reads it; elsewhere bytes of the template or of earlier drafts.
    private var source: WorkBuffer
    private var decoded = WorkBuffer()
    private var frame = WorkBuffer()

    /// Copies the template.
    ///
    /// Throws `ZstdError.outOfMemory` or `compressionFailed`.
    package init(template: [UInt8]) throws(ZstdError) {
        dictionary = try DecompressionDictionary(template: template)
        guard let context = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
        guard let prefixContext = unsafe ZSTD_createCCtx() else {
            unsafe ZSTD_freeCCtx(context)
            throw .outOfMemory
        }
        guard let decoder = unsafe ZSTD_createDCtx() else {
            unsafe ZSTD_freeCCtx(context)
            unsafe ZSTD_freeCCtx(prefixContext)
            throw .outOfMemory
        }
        unsafe (self.context, self.prefixContext, self.decoder) = unsafe (context, prefixContext, decoder)
        source = WorkBuffer()
        try reserve(template.count)
        try set(ZSTD_c_compressionLevel, 1)
        // Nothing is searched: the smallest tables make resets cheap.
        try set(ZSTD_c_hashLog, 6)
        // Blocks end where the sequences say; offsets that repeat are found by zstd.
        try set(ZSTD_c_experimentalParam11, 1)
        try set(ZSTD_c_experimentalParam19, Int(ZSTD_ps_enable.rawValue))
    }

    deinit {
        unsafe ZSTD_freeCCtx(context)
        unsafe ZSTD_freeCCtx(prefixContext)
        unsafe ZSTD_freeDCtx(decoder)
    }

    /// The checked frame of a draft, which must have been made with this compressor's template.
    ///
    /// Throws `frameMismatch` when neither way gives a frame that decodes to the draft.
    package func compress(_ draft: borrowing SequenceDraft) throws(ZstdError) -> [UInt8] {
        precondition(draft.template.count == dictionary.byteCount)
        try reserve(draft.byteCount)
        layOut(draft)
        makeSequences(draft)
        let size = unsafe sequences.withUnsafeBufferPointer {
            unsafe ZSTD_compressSequences(
                context,
                frame.bytes.baseAddress,
                frame.bytes.count,
                $0.baseAddress,
                $0.count,
                source.bytes.baseAddress,
                draft.byteCount
            )
        }
        // Parameters stay, the half-finished frame of a failed call goes.
        unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        if ZstdError.name(of: size) == nil, decodes(size, draft.byteCount), isDecodedEqual(to: draft) {
            return unsafe Array(frame.bytes[0..<size])
        }
        fallbackCount += 1
        return try compress(whole: expand(draft))
    }

    /// The checked frame of any bytes, by ordinary compression with the template as dictionary.
    package func compress(whole bytes: [UInt8]) throws(ZstdError) -> [UInt8] {
        try reserve(bytes.count)
        unsafe source.bytes.copyBytes(from: bytes)
        try setPrefixWindow(bytes.count)
        _ = unsafe ZSTD_CCtx_refPrefix_advanced(
            prefixContext,
            dictionary.bytes.baseAddress,
            dictionary.bytes.count,
            ZSTD_dct_rawContent
        )
        let size = unsafe ZSTD_compress2(
            prefixContext,
            frame.bytes.baseAddress,
            frame.bytes.count,
            source.bytes.baseAddress,
            bytes.count
        )
        if let name = ZstdError.name(of: size) {
            unsafe ZSTD_CCtx_reset(prefixContext, ZSTD_reset_session_only)
            throw .compressionFailed(name)
        }
        guard decodes(size, bytes.count) else { throw .frameMismatch }
        let isSame = unsafe bytes.withUnsafeBytes {
            unsafe Self.isEqual(UnsafeRawBufferPointer(decoded.bytes), 0, $0, 0, bytes.count)
        }
        guard isSame else { throw .frameMismatch }
        return unsafe Array(frame.bytes[0..<size])
    }

    /// The bytes that a draft stands for.
    package func expand(_ draft: borrowing SequenceDraft) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(draft.byteCount)
        var literal = 0
        for copy in draft.copies {
            let end = literal + copy.outputAt - bytes.count
            bytes.append(contentsOf: draft.literals[literal..<end])
            literal = end
            let from = copy.historyAt - draft.template.count
            if from < 0 {
                bytes.append(contentsOf: draft.template[copy.historyAt..<(copy.historyAt + copy.byteCount)])
            } else {
                bytes.append(contentsOf: bytes[from..<(from + copy.byteCount)])
            }
        }
        bytes.append(contentsOf: draft.literals[literal...])
        return bytes
    }

    /// Puts the draft's literals where zstd reads them.
    ///
    /// Of copies zstd reads nothing, unless it stores a block raw or as a run, which it does with tiny blocks:
    /// so small drafts are written out whole. Large ones keep what lay there, the template or an earlier
    /// answer: never a run of one byte.
    private func layOut(_ draft: borrowing SequenceDraft) {
        if draft.byteCount <= Self.writtenOutBytesMax {
            return unsafe source.bytes.copyBytes(from: expand(draft))
        }
        let target = unsafe source.bytes
        unsafe draft.literals.withUnsafeBytes { literals in
            var (at, literal) = (0, 0)
            for copy in draft.copies {
                let count = copy.outputAt - at
                unsafe Self.copy(literals, literal, to: target, at, count)
                literal += count
                at = copy.outputAt + copy.byteCount
            }
            unsafe Self.copy(literals, literal, to: target, at, draft.byteCount - at)
        }
    }

    /// Turns copies into zstd's sequences, cut into blocks of equal size.
    private func makeSequences(_ draft: borrowing SequenceDraft) {
        // Taken out of the object for the loop: each append would check for exclusive access.
        var list = sequences
        sequences = []
        list.removeAll(keepingCapacity: true)
        var blocks = BlockCutter(byteCount: draft.byteCount)
        let history = dictionary.byteCount
        for copy in draft.copies {
            let offset = UInt32(history + copy.outputAt - copy.historyAt)
            blocks.add(literals: copy.outputAt - blocks.at, copied: copy.byteCount) { literals, copied in
                list.append(
                    ZSTD_Sequence(
                        offset: copied == 0 ? 0 : offset,
                        litLength: UInt32(literals),
                        matchLength: UInt32(copied),
                        rep: 0
                    )
                )
            }
        }
        blocks.finish(literals: draft.byteCount - blocks.at) { literals in
            list.append(ZSTD_Sequence(offset: 0, litLength: UInt32(literals), matchLength: 0, rep: 0))
        }
        sequences = list
    }

    /// Decodes the frame of `size` bytes as any reader would; false when that does not give `byteCount` bytes.
    private func decodes(_ size: Int, _ byteCount: Int) -> Bool {
        let result = unsafe ZSTD_decompress_usingDDict(
            decoder,
            decoded.bytes.baseAddress,
            decoded.bytes.count,
            frame.bytes.baseAddress,
            size,
            dictionary.handle
        )
        return result == byteCount
    }

    /// Compares what was decoded with what the draft says, piece by piece.
    private func isDecodedEqual(to draft: borrowing SequenceDraft) -> Bool {
        let output = unsafe UnsafeRawBufferPointer(decoded.bytes)
        let template = unsafe dictionary.bytes
        return unsafe draft.literals.withUnsafeBytes { literals in
            var (at, literal) = (0, 0)
            for copy in draft.copies {
                let count = copy.outputAt - at
                guard unsafe Self.isEqual(output, at, literals, literal, count) else { return false }
                literal += count
                at = copy.outputAt
                let from = copy.historyAt - template.count
                let isSame =
                    from < 0
                    ? unsafe Self.isEqual(output, at, template, copy.historyAt, copy.byteCount)
                    : unsafe Self.isEqual(output, at, output, from, copy.byteCount)
                guard isSame else { return false }
                at += copy.byteCount
            }
            return unsafe Self.isEqual(output, at, literals, literal, draft.byteCount - at)
        }
    }

    /// Makes room for outputs of `byteCount` bytes, and sets the window so that all of the template is in it.
    private func reserve(_ byteCount: Int) throws(ZstdError) {
        guard unsafe byteCount > source.bytes.count || source.bytes.count == 0 else { return }
        let capacity = max(1024, byteCount + byteCount / 4)
        unsafe source.grow(to: capacity, filledWith: dictionary.bytes)
        unsafe decoded.grow(to: capacity, filledWith: dictionary.bytes)
        unsafe frame.grow(to: ZSTD_compressBound(capacity), filledWith: dictionary.bytes)
        try set(ZSTD_c_windowLog, Self.windowLog(dictionary.byteCount + capacity))
    }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int) throws(ZstdError) {
        let result = unsafe ZSTD_CCtx_setParameter(context, parameter, Int32(value))
        if let name = ZstdError.name(of: result) { throw .compressionFailed(name) }
    }

    private func setPrefixWindow(_ byteCount: Int) throws(ZstdError) {
        let result = unsafe ZSTD_CCtx_setParameter(
            prefixContext,
            ZSTD_c_windowLog,
            Int32(Self.windowLog(dictionary.byteCount + byteCount))
        )
        if let name = ZstdError.name(of: result) { throw .compressionFailed(name) }
    }

    /// The least window that holds `byteCount` bytes: 2^18 to 2^27, what every decoder of `dcz` accepts.
    private static func windowLog(_ byteCount: Int) -> Int {
        min(27, max(18, Int.bitWidth - max(0, byteCount - 1).leadingZeroBitCount))
    }

    private static func isEqual(
        _ left: UnsafeRawBufferPointer,
        _ leftAt: Int,
        _ right: UnsafeRawBufferPointer,
        _ rightAt: Int,
        _ count: Int
    ) -> Bool {
        guard count > 0 else { return true }
        guard leftAt + count <= left.count, rightAt + count <= right.count,
            let leftStart = left.baseAddress, let rightStart = right.baseAddress
        else { return false }
        return unsafe memcmp(leftStart + leftAt, rightStart + rightAt, count) == 0
    }

    private static func copy(
        _ from: UnsafeRawBufferPointer,
        _ fromAt: Int,
        to: UnsafeMutableRawBufferPointer,
        _ toAt: Int,
        _ count: Int
    ) {
        guard count > 0, let start = from.baseAddress, let target = to.baseAddress else { return }
        unsafe memcpy(target + toAt, start + fromAt, count)
    }
}
