import Crypto
package import Disk
import Foundation
import Goals
package import Replay
import Zstd

/// A snapshot: the folded state at one offset of the log, as NDJSON in zstd frames with checksums.
///
/// ```
/// {"goalpostSnapshot":1,"log":UUID,"offset":N,"createdBy":VERSION,"players":N,"rows":N,
///  "goals":[IDs],"challenges":[IDs]}   one line
/// {"id":PLAYER,…}                      one line a player, see SnapshotLines
/// {"players":N,"rows":N,"sha256":HEX}  the digest of all lines before
/// ```
/// It is written beside its name and renamed when it is whole and durable, so that a file of that name is a
/// finished one; what a disk does to it afterwards, checksums and digest tell.
package struct SnapshotFile: Sendable {
    package static let version = 1
    /// Raw bytes of one zstd frame.
    private static let frameBytes = 4 << 20
    /// Longest line that is read: a player with 100,000 rows fits several times.
    private static let lineBytesMax = 256 << 20
    private static let readBytes = 1 << 20

    /// The first line.
    package struct Header: Sendable, Codable, Equatable {
        let goalpostSnapshot: Int
        package let log: String
        package let offset: UInt64
        package let createdBy: String
        /// Told here as well as in the last line, so that whoever plans need not read it all.
        package let players: UInt64
        package let rows: UInt64
        let goals: [String]
        let challenges: [String]

        /// The numbers that the players' rows have.
        package var catalogue: GoalCatalogue {
            var catalogue = GoalCatalogue()
            for goal in goals { _ = catalogue.add(goal: Identifier(goal)) }
            for challenge in challenges { _ = catalogue.add(challenge: Identifier(challenge)) }
            return catalogue
        }
    }

    private struct Footer: Codable {
        let players: UInt64
        let rows: UInt64
        let sha256: String
    }

    /// What one holds.
    package struct Contents: Sendable, Equatable {
        package let header: Header
        package let players: UInt64
        package let rows: UInt64
        /// Bytes of the file.
        package let fileBytes: UInt64
    }

    package let volume: any Volume
    package let path: String

    package init(volume: any Volume, path: String) { (self.volume, self.path) = (volume, path) }

    // MARK: Writing

    /// Writes the states durably in place of whatever has the name.
    @discardableResult
    package func write(
        _ states: [ReplayState],
        log: String,
        offset: UInt64,
        createdBy version: String
    ) throws -> Contents {
        let catalogue = states.first?.catalogue ?? GoalCatalogue()
        let header = Header(
            goalpostSnapshot: Self.version,
            log: log,
            offset: offset,
            createdBy: version,
            players: states.reduce(0) { $0 + UInt64($1.playerCount) },
            rows: states.reduce(0) { $0 + UInt64($1.rowCount) },
            goals: catalogue.goals.map { "\($0)" },
            challenges: catalogue.challenges.map { "\($0)" }
        )
        let temporary = path + ".tmp"
        var writer = try FrameWriter(file: try volume.open(temporary, .replace))
        var footer = (players: UInt64(0), rows: UInt64(0))
        do {
            writer.bytes += Array(try Self.encoder.encode(header)) + [0x0A]
            for state in states {
                try state.forEachPlayer(isWhole: true) { player in
                    SnapshotLines.append(player, to: &writer.bytes)
                    footer.players += 1
                    footer.rows += UInt64(player.rows.count)
                    if writer.bytes.count >= Self.frameBytes { try writer.flush() }
                }
            }
            try writer.flush()
            let last = Footer(players: footer.players, rows: footer.rows, sha256: writer.digest)
            writer.bytes += Array(try Self.encoder.encode(last)) + [0x0A]
            try writer.flush()
            try writer.file.sync()
            try volume.rename(temporary, to: path)
            try volume.syncDirectory(parentDirectory(of: path))
        } catch {
            // The temporary file is of no use to anybody; that it stays is no second failure.
            do throws(DiskError) { try volume.remove(temporary) } catch {}
            throw error
        }
        return Contents(
            header: header,
            players: footer.players,
            rows: footer.rows,
            fileBytes: writer.byteOffset
        )
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Lines gathered into frames, and the digest of all of them.
    private struct FrameWriter {
        let file: any OpenFile
        var bytes: [UInt8] = []
        private(set) var byteOffset: UInt64 = 0
        private var hash = SHA256()
        private let compressor: FrameCompressor

        init(file: any OpenFile) throws {
            self.file = file
            compressor = try FrameCompressor(level: 3)
        }

        var digest: String { hash.finalize().map { String(format: "%02x", $0) }.joined() }

        mutating func flush() throws {
            guard !bytes.isEmpty else { return }
            hash.update(data: bytes)
            let frame = try compressor.compress(bytes.span.bytes)
            try file.write(frame, at: byteOffset)
            byteOffset += UInt64(frame.count)
            bytes.removeAll(keepingCapacity: true)
        }
    }

    // MARK: Reading

    /// The first line, without a look at the rest.
    package func header() throws -> Header {
        let file = try volume.open(path, .read)
        var found: Header?
        try lines(of: file, stopAfter: { found != nil }) { line, _ in
            if found == nil { found = try decodeHeader(line) }
        }
        guard let found else { throw damaged("it is empty") }
        return found
    }

    /// Reads the whole file, checks every byte of it, and lends each player to `body`.
    ///
    /// Nothing is known to be true before this returns: `body` must be able to forget what it got. Goals and
    /// challenges are numbers of the `header`'s lists. Throws when the file is not exactly what was written.
    package func read(
        header take: (Header) throws -> Void,
        _ body: (ReplayPlayer) throws -> Void
    ) throws -> Contents {
        let file = try volume.open(path, .read)
        var header: Header?
        var footer: Footer?
        var counts = (players: UInt64(0), rows: UInt64(0))
        var hash = SHA256()
        try lines(of: file, stopAfter: { false }) { line, isLast in
            if isLast {
                footer = try decodeFooter(line)
                return
            }
            hash.update(bufferPointer: UnsafeRawBufferPointer(line))
            hash.update(data: [0x0A])
            guard let known = header else {
                let read = try decodeHeader(line)
                try take(read)
                header = read
                return
            }
            let span = Span(_unsafeElements: line)
            guard let player = SnapshotLines.player(span), isNumbered(player, known) else {
                throw damaged("line \(counts.players + 2) is no player's")
            }
            counts.players += 1
            counts.rows += UInt64(player.rows.count)
            try body(player)
        }
        let digest = hash.finalize().map { String(format: "%02x", $0) }.joined()
        guard let header, let footer else { throw damaged("it ends before its last line") }
        guard footer.players == counts.players, footer.rows == counts.rows, footer.sha256 == digest,
            header.players == counts.players, header.rows == counts.rows
        else {
            throw damaged("its last line says other contents than it has")
        }
        return Contents(
            header: header,
            players: counts.players,
            rows: counts.rows,
            fileBytes: try file.size()
        )
    }

    private func isNumbered(_ player: ReplayPlayer, _ header: Header) -> Bool {
        player.rows.allSatisfy {
            Int($0.goal) < header.goals.count && Int($0.challenge) < header.challenges.count
        } && player.grants.allSatisfy { Int($0.goal) < header.goals.count }
    }

    private func decodeHeader(_ line: UnsafeBufferPointer<UInt8>) throws -> Header {
        let header: Header
        do {
            header = try JSONDecoder().decode(Header.self, from: Data(line))
        } catch {
            throw damaged("its first line is no snapshot's")
        }
        guard header.goalpostSnapshot <= Self.version else {
            throw JobError(
                .badData,
                "\(path) has snapshot version \(header.goalpostSnapshot), newer than this program: upgrade it"
            )
        }
        return header
    }

    private func decodeFooter(_ line: UnsafeBufferPointer<UInt8>) throws -> Footer {
        do {
            return try JSONDecoder().decode(Footer.self, from: Data(line))
        } catch {
            throw damaged("its last line is not the one that ends a snapshot")
        }
    }

    /// Lends each line; the last one only when the file has ended, since nothing follows it.
    private func lines(
        of file: any OpenFile,
        stopAfter isDone: () -> Bool,
        _ body: (UnsafeBufferPointer<UInt8>, _ isLast: Bool) throws -> Void
    ) throws {
        let decompressor = try StreamDecompressor()
        var input = [UInt8](repeating: 0, count: Self.readBytes)
        var lines: [UInt8] = []
        var offset: UInt64 = 0
        while !isDone() {
            let count = try file.read(at: offset, into: &input, range: 0..<input.count)
            if count == 0 { break }
            offset += UInt64(count)
            do {
                try decompressor.decompress(input.span.extracting(0..<count).bytes) { chunk in
                    lines.append(contentsOf: chunk)
                }
            } catch {
                throw damaged("byte \(offset - UInt64(count)) and after: \(error)")
            }
            guard lines.count <= Self.lineBytesMax else { throw damaged("a line has no end") }
            // The newest line waits for the next, for the last one is another kind.
            var start = 0
            try lines.withUnsafeBufferPointer { text in
                var next = 0
                while let end = LineEnd.next(in: Span(_unsafeElements: text), from: next) {
                    if next > start {
                        try body(UnsafeBufferPointer(rebasing: text[start..<(next - 1)]), false)
                        start = next
                    }
                    next = end + 1
                }
            }
            lines.removeSubrange(0..<start)
        }
        guard !isDone() else { return }
        do { try decompressor.finish() } catch { throw damaged("it ends inside a frame") }
        guard lines.last == 0x0A else { throw damaged("its last line is cut short") }
        try lines.withUnsafeBufferPointer { text in
            try body(UnsafeBufferPointer(rebasing: text[..<(text.count - 1)]), true)
        }
    }

    private func damaged(_ reason: String) -> JobError {
        JobError(.badData, "the snapshot \(path) is damaged: \(reason); remove it, an older one is used then")
    }
}
