package import Foundation
import Glibc
package import Logging

/// Log lines for machines: one JSON object a line with time, level, message and metadata.
package struct JSONLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]

    private let label: String
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Date

    /// Writes each line, with its newline, through `write`: to standard error unless given.
    package init(
        label: String,
        now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void = JSONLogHandler.writeToStandardError
    ) {
        self.label = label
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        write(
            Self.line(
                time: now(),
                level: event.level.rawValue,
                label: label,
                message: event.message.description,
                metadata: merged.mapValues { "\($0)" }
            )
        )
    }

    /// One line with its newline; also for messages that no logger writes, such as a command's last word.
    package static func line(
        time: Date,
        level: String,
        label: String,
        message: String,
        metadata: [String: String] = [:]
    ) -> String {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let fields = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
        return "{\"time\":\"\(time.formatted(style))\",\"level\":\(quoted(level)),\"label\":\(quoted(label)),"
            + "\"message\":\(quoted(message)),\"metadata\":{\(fields.joined(separator: ","))}}\n"
    }

    /// One call, so that lines of several threads and processes do not mix.
    package static let writeToStandardError: @Sendable (String) -> Void = { line in
        let bytes = Array(line.utf8)
        // Nobody is left to tell when standard error is gone.
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }

    /// A JSON string; what JSON must not hold as itself is escaped.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20: result += String(format: "\\u%04x", scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
