import Foundation

/// Whether other readers take a line for JSON.
enum JSONTextIsValid {
    static func check(_ line: [UInt8]) -> Bool {
        do {
            _ = try JSONSerialization.jsonObject(with: Data(line))
            return true
        } catch {
            return false
        }
    }
}
