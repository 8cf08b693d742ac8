import Zstd

/// Bytes as a zstd file of one frame.
struct Compressed {
    let bytes: [UInt8]

    init(_ text: [UInt8]) throws { bytes = try FrameCompressor(level: 3).compress(text.span.bytes) }
}
