import Foundation

/// Foundation's reading of a line, as the second opinion on what is JSON.
enum JSONReading {
    static func isObject(_ bytes: [UInt8]) -> Bool {
        do {
            return try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any]
        } catch {
            return false
        }
    }
}
