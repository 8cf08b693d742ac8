import Foundation
import LogLines
import Synchronization

/// Words and progress on standard error, bytes on standard output.
enum Terminal {
    /// Whether people watch standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether complaints are log lines in JSON, as the setting `log_format` says.
    private static let isJSON = Atomic<Bool>(false)

    static func writesJSON(_ isJSON: Bool) { Self.isJSON.store(isJSON, ordering: .relaxed) }

    static func complain(_ message: String) {
        if isJSON.load(ordering: .relaxed) {
            JSONLogHandler.writeToStandardError(
                JSONLogHandler.line(time: Date(), level: "error", label: "goalpost", message: message)
            )
        } else {
            FileHandle.standardError.write(Data("goalpost: \(message)\n".utf8))
        }
    }

    static func note(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    static func write(_ bytes: some DataProtocol) throws {
        try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    }

    /// `1,234,567`.
    static func grouped(_ number: some BinaryInteger) -> String {
        var digits = Array(String(number))
        var index = digits.count - 3
        while index > 0, digits[index - 1] != "-" {
            digits.insert(",", at: index)
            index -= 3
        }
        return String(digits)
    }

    /// `12.3 MiB`.
    static func bytes(_ count: some BinaryInteger) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : String(format: "%.1f %@", value, units[unit])
    }

    /// `12.3 : 1`.
    static func ratio(_ ratio: Double) -> String { String(format: "%.1f : 1", ratio) }

    /// `123,456/s`.
    static func rate(_ count: UInt64, _ seconds: Double) -> String {
        seconds > 0 ? grouped(Int64(Double(count) / seconds)) + "/s" : "–"
    }
}
