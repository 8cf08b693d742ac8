import Foundation

/// What the programs of the log's owner and the server that writes the log say to each other, over a unix socket.
///
/// HTTP/1.1 with JSON answers. Besides these there is `POST /v1/events`, as on the network.
package enum Handover {
    /// The socket's name in the log's directory.
    package static let socketName = "ingest.sock"
    /// `GET` with a source's percent-encoded name behind it; answers `Source`.
    package static let sourcesPath = "/v1/sources/"
    /// `POST` of whole lines, with `source`, `position` and `committed` in the query; answers `Lines`.
    package static let linesPath = "/v1/lines"
    /// `POST` of a part of a line too long to be handed over whole, with the members of `LongLine` in the query.
    package static let longLinesPath = "/v1/long-lines"
    /// `POST` of a challenges.json; answers `Configuration`.
    package static let challengesPath = "/v1/challenges"
    /// `POST` of `RemovedEntries` with a file's name behind it; answers `Removal`.
    package static let quarantinePath = "/v1/quarantine/"

    /// Bytes of lines at which a client hands them over: 1 MiB.
    package static let batchBytes = 1 << 20
    /// Longest line that is handed over whole, to lie in quarantine: 4 MiB.
    ///
    /// A longer one goes in parts.
    package static let lineBytesMax = 4 << 20
    /// Longest body of lines: 6 MiB.
    package static let linesBytesMax = 6 << 20
    /// Most keys of quarantine entries that are removed at once.
    package static let removedMax = 100_000

    /// How far a source was ingested.
    package struct Source: Codable, Sendable, Equatable {
        /// Bytes of it that are in the log; 0 for one that is unknown.
        package let position: UInt64
        /// The last record that came from it; nil where there is none or retention took it.
        package let lastRecord: String?

        package init(position: UInt64, lastRecord: String?) {
            self.position = position
            self.lastRecord = lastRecord
        }
    }

    /// What became of handed-over lines.
    package struct Lines: Codable, Sendable, Equatable {
        package var accepted: UInt64 = 0
        package var duplicates: UInt64 = 0
        package var otherNamespace: UInt64 = 0
        package var blankLines: UInt64 = 0
        /// By reason.
        package var quarantined: [String: UInt64] = [:]
        /// Bytes of the source that are in the log; 0 without a source.
        package var position: UInt64 = 0
        /// The log's end.
        package var nextOffset: UInt64 = 0

        package init() {}
    }

    /// Where a part belongs of a line that is too long to be handed over whole.
    package struct LongLine: Codable, Sendable, Equatable {
        /// A name that the client gave the line, to know its parts by.
        package let line: String
        /// The input's name; nil for one without.
        package let source: String?
        /// Where the line begins in its source, in bytes.
        package let position: UInt64
        /// Bytes of the line that the parts before this one had.
        package let at: UInt64
        /// Whether the line ends with this part.
        package let isLast: Bool

        package init(line: String, source: String?, position: UInt64, at: UInt64, isLast: Bool) {
            self.line = line
            self.source = source
            self.position = position
            self.at = at
            self.isLast = isLast
        }
    }

    /// How much of a long line lies in quarantine.
    package struct KeptLine: Codable, Sendable, Equatable {
        package let bytes: UInt64

        package init(bytes: UInt64) { self.bytes = bytes }
    }

    /// What became of events, as `POST /v1/events` says.
    package struct Events: Codable, Sendable, Equatable {
        package struct Item: Codable, Sendable, Equatable {
            package let index: Int
            package let result: String
            package let reason: String?
            package let detail: String?
        }

        package let accepted: UInt64
        package let duplicates: UInt64
        package let otherNamespace: UInt64
        package let rejected: UInt64
        /// All of a request with at most 1000 events.
        package let results: [Item]
    }

    /// What a new configuration changes and from where on.
    package struct Configuration: Codable, Sendable, Equatable {
        /// The first record that it governs; nil where it changes nothing.
        package let offset: UInt64?
        package let changes: [String]

        package init(offset: UInt64?, changes: [String]) {
            self.offset = offset
            self.changes = changes
        }
    }

    /// Entries of a quarantine file that are in the log now, by `QuarantinedLine.key`.
    package struct RemovedEntries: Codable, Sendable, Equatable {
        package let keys: [String]

        package init(keys: [String]) { self.keys = keys }
    }

    /// How many entries were removed.
    package struct Removal: Codable, Sendable, Equatable {
        package let removed: Int

        package init(removed: Int) { self.removed = removed }
    }

    /// An error, as `application/problem+json`.
    package struct Problem: Codable, Sendable, Equatable {
        package let detail: String
        package let errorCode: String
    }
}
