/// The bounds a writer keeps and how hard it compresses.
package struct LogLimits: Hashable, Sendable {
    /// Largest content of one frame, in bytes; readers refuse more.
    package static let frameBytesMax = 64 * 1024 * 1024
    /// Largest record, its line feed included, in bytes.
    package static let recordBytesMax = 64 * 1024 + 1
    /// Largest compressed frame a reader accepts, in bytes: what zstd may need for incompressible content.
    package static let compressedBytesMax = frameBytesMax + frameBytesMax / 128
    /// Largest configuration file, in bytes.
    package static let configurationBytesMax = 16 * 1024 * 1024
    /// Most sources whose positions a seal repeats; the ones not committed from for longest go first.
    package static let sourcesMax = 65_536

    /// A segment of this many bytes or more is sealed before the next append.
    package var segmentBytesMax: UInt64
    /// A segment this old or older is sealed before the next append, or by `rollIfDue`.
    package var segmentAgeMax: Duration
    /// zstd level of new frames; 1 keeps up with the disk, and later compaction wins back the space.
    package var compressionLevel: Int32

    package init(
        segmentBytesMax: UInt64 = 256 * 1024 * 1024,
        segmentAgeMax: Duration = .seconds(3600),
        compressionLevel: Int32 = 1
    ) {
        self.segmentBytesMax = segmentBytesMax
        self.segmentAgeMax = segmentAgeMax
        self.compressionLevel = compressionLevel
    }
}
