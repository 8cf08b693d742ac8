import Foundation

/// Who may read a file.
enum FileMode {
    private static let readableByOthers = 0o004

    /// Whether everybody on this machine may; false where there is no such file.
    static func isReadableByOthers(_ path: String) -> Bool {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return ((attributes[.posixPermissions] as? Int) ?? 0) & readableByOthers != 0
        } catch {
            return false
        }
    }
}
