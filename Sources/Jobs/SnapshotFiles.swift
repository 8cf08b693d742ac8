package import Disk
import EventLog
import Zstd

/// The snapshots in the data directory, by their names: `<offset, 20 digits>.ndjson.zst`.
package struct SnapshotFiles: Sendable {
    private static let chunkBytes = 1 << 20

    private let volume: any Volume
    private let directory: String

    package init(volume: any Volume, directory: String) {
        self.volume = volume
        self.directory = directory
    }

    /// The offset of the newest snapshot whose file is whole by its zstd checksums; nil where there is none.
    ///
    /// Reads all of that file, a MiB at a time.
    package func newestWhole() throws -> UInt64? {
        for name in try offsets().reversed() where try isWhole(name) { return name.baseOffset }
        return nil
    }

    /// Segments and snapshots are named alike.
    private func offsets() throws(DiskError) -> [SegmentName] {
        do throws(DiskError) {
            return try volume.list(directory).compactMap(SegmentName.init(fileName:))
        } catch {
            if error.code == DiskErrorCode.notFound { return [] }
            throw error
        }
    }

    private func isWhole(_ name: SegmentName) throws -> Bool {
        let file = try volume.open(directory + "/" + name.fileName, .read)
        let decompressor = try StreamDecompressor()
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        var position: UInt64 = 0
        do {
            while case let count = try file.read(at: position, into: &chunk, range: 0..<chunk.count),
                count > 0
            {
                try decompressor.decompress(chunk.span.bytes.extracting(0..<count)) {
                    (_: ArraySlice<UInt8>) throws(DiskError) in
                }
                position += UInt64(count)
            }
            try decompressor.finish()
        } catch is ZstdError {
            return false
        } catch let error as StreamFailure<DiskError> {
            if case .zstd = error { return false }
            throw error
        }
        return position > 0
    }
}
