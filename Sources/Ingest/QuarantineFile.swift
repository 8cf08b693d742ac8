package import Disk
import Foundation
import Goals

/// One refused line as it stands in a quarantine file; its JSON form is drawn at `Quarantine`.
package struct QuarantinedLine: Sendable {
    /// Place in its file, from 1.
    package let number: Int
    /// When it was refused, RFC 3339.
    package let time: String
    package let reason: String
    package let detail: String
    package let source: String?
    package let byteOffset: UInt64
    package let byteCount: UInt64
    /// The line; nil where it was too long to be kept here.
    package let line: [UInt8]?
    /// The file in the quarantine directory that holds a longer one.
    package let rawFile: String?
    /// The entry itself, without its line end.
    package let entry: [UInt8]

    /// The name by which a missing id is derived: what the line would have got, or one of the entry's own.
    package var origin: (source: String, byteOffset: UInt64) {
        (source ?? "quarantine:" + String(decoding: entry, as: UTF8.self), byteOffset)
    }

    /// Whether it may become an event by another try: one that its sender may not write does not, as if it were ours.
    package var mayBeRedriven: Bool { reason != EventFault.Reason.notAllowed.rawValue }

    /// What the entry is known by to another process, wherever it stands in its file by then.
    ///
    /// Equal for entries that are equal byte for byte, which are one line.
    package var key: String {
        EventIDs.id(source: String(decoding: entry, as: UTF8.self), byteOffset: UInt64(entry.count))
    }
}

/// A day's file of refused lines, read whole.
package struct QuarantineFile: Sendable {
    /// Largest file that is read: 1 GiB.
    package static let bytesMax = 1 << 30

    /// Its name in the quarantine directory.
    package let name: String
    package let lines: [QuarantinedLine]
    /// Places, from 1, of what is no entry: a crash or somebody's editing left it.
    package let unreadable: [Int]
    private let content: [ArraySlice<UInt8>]

    /// Names of the files in the directory, oldest first; none where there is no directory.
    package static func names(volume: any Volume, directory: String) throws(DiskError) -> [String] {
        guard try volume.exists(directory) else { return [] }
        return try volume.list(directory).filter { $0.hasSuffix(".ndjson") }
    }

    package init(volume: any Volume, directory: String, name: String) throws(DiskError) {
        let bytes = try volume.readFile(directory + "/" + name, bytesMax: Self.bytesMax)
        self.name = name
        content = bytes.split(separator: UInt8(ascii: "\n"))
        var lines: [QuarantinedLine] = []
        var unreadable: [Int] = []
        for (index, entry) in content.enumerated() {
            if let line = Self.line(entry, number: index + 1) {
                lines.append(line)
            } else {
                unreadable.append(index + 1)
            }
        }
        (self.lines, self.unreadable) = (lines, unreadable)
    }

    /// Leaves out the entries of these places, durably; a file with none left goes.
    ///
    /// Only for who holds the log's writer lock: nobody else adds to the file meanwhile.
    package func remove(_ numbers: Set<Int>, volume: any Volume, directory: String) throws(DiskError) {
        guard !numbers.isEmpty else { return }
        var left: [UInt8] = []
        for (index, entry) in content.enumerated() where !numbers.contains(index + 1) {
            left += entry
            left.append(UInt8(ascii: "\n"))
        }
        let path = directory + "/" + name
        if left.isEmpty {
            try volume.remove(path)
            try volume.syncDirectory(directory)
        } else {
            try volume.atomicWrite(left, to: path)
        }
    }

    private static func line(_ entry: ArraySlice<UInt8>, number: Int) -> QuarantinedLine? {
        struct Members: Decodable {
            let time: String
            let reason: String
            let detail: String
            let source: String?
            let byteOffset: UInt64
            let bytes: UInt64
            let line: String?
            let lineBase64: Data?
            let file: String?
        }
        do {
            let members = try JSONDecoder().decode(Members.self, from: Data(entry))
            return QuarantinedLine(
                number: number,
                time: members.time,
                reason: members.reason,
                detail: members.detail,
                source: members.source,
                byteOffset: members.byteOffset,
                byteCount: members.bytes,
                line: members.line.map { Array($0.utf8) } ?? members.lineBase64.map { Array($0) },
                rawFile: members.file,
                entry: Array(entry)
            )
        } catch {
            // Told as unreadable, and kept.
            return nil
        }
    }
}
