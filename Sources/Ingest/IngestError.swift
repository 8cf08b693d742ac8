package import Disk
package import EventLog

/// Why ingest stopped; what was acknowledged before it is in the log.
package enum IngestError: Error, CustomStringConvertible {
    case log(LogError)
    /// The input or the quarantine could not be read or written.
    case disk(DiskError)
    /// The input is not what was ingested from this source before.
    case sourceChanged(source: String, detail: String)
    /// A compressed input is damaged.
    case badCompression(path: String, detail: String)

    package var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .disk(let error): "\(error)"
        case .sourceChanged(let source, let detail):
            "\(source) is not what was ingested before: \(detail). Restore the old input, "
                + "or give a new one a new name with --source"
        case .badCompression(let path, let detail):
            "\(path) is damaged: \(detail). The lines before that are in the log; repair the file and run again"
        }
    }
}

extension IngestError {
    /// The input is shorter than it was: `missing` bytes before `position`, up to where it was ingested.
    package static func endsBefore(_ position: UInt64, missing: UInt64, source: String) -> IngestError {
        .sourceChanged(
            source: source,
            detail: "it ends \(missing) bytes before byte \(position), up to where it was ingested"
        )
    }

    /// The input's bytes that were ingested are other ones now.
    package static func otherBytes(before position: UInt64, source: String) -> IngestError {
        .sourceChanged(
            source: source,
            detail: "its bytes before \(position), up to where it was ingested, are other ones"
        )
    }
}
