import Disk
import Zstd

/// A result file while it grows: written under `<path>.tmp` in pieces of a bounded size, then renamed into place.
///
/// Compressed files are zstd frames of about a MiB each, with checksums, one after the other: every zstd reader
/// takes them, and memory does not grow with the file.
final class OutputFile {
    /// Bytes gathered before they are written, and of one frame.
    private static let pieceBytes = 1 << 20

    let path: String
    private let volume: any Volume
    private let file: any OpenFile
    private let compressor: FrameCompressor?
    private var buffer: [UInt8] = []
    /// Bytes in the file.
    private(set) var byteCount: UInt64 = 0

    init(_ path: String, volume: any Volume, compressed: Bool = false) throws {
        self.path = path
        self.volume = volume
        file = try volume.open(path + ".tmp", .replace)
        compressor = compressed ? try FrameCompressor(level: 3) : nil
        buffer.reserveCapacity(Self.pieceBytes + (1 << 16))
    }

    /// Lets `body` append to what is written next; call it for a line or a few at a time.
    func append(_ body: (inout [UInt8]) throws -> Void) throws {
        try body(&buffer)
        if buffer.count >= Self.pieceBytes { try writeOut() }
    }

    /// Puts the file in its place, durable after the caller's `syncDirectory`.
    func finish() throws {
        try writeOut()
        try file.sync()
        try volume.rename(path + ".tmp", to: path)
    }

    private func writeOut() throws {
        // An empty compressed file gets one empty frame: a file of no bytes is no zstd file.
        guard !buffer.isEmpty || (compressor != nil && byteCount == 0) else { return }
        var piece: [UInt8] = []
        swap(&piece, &buffer)
        defer {
            piece.removeAll(keepingCapacity: true)
            swap(&piece, &buffer)
        }
        let bytes = if let compressor { try compressor.compress(piece.span.bytes) } else { piece }
        try file.write(bytes, at: byteCount)
        byteCount += UInt64(bytes.count)
    }
}
