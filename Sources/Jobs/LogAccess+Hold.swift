import Disk
package import EventLog
import Foundation
package import Logging

extension LogAccess {
    /// How often a retention may delete from under who asks for a hold.
    private static let holdAttemptsMax = 16

    /// Keeps retention from deleting any record there is, until the hold is released or the process ends.
    ///
    /// Nil, with a warning, where this user may not write beside the log: a reader without a hold still gets a clear
    /// error should records go while it reads. `reader` says in listings who holds.
    package func hold(_ reader: String, log: Logger) throws(LogError) -> LogHold? {
        var offset = try directory.firstOffset()
        var attempts = 1
        while true {
            do throws(LogError) {
                return try LogHold(
                    volume: volume,
                    directory: directory.path,
                    from: offset,
                    reader: reader,
                    makeUUID: { UUID().uuidString.lowercased() }
                )
            } catch {
                switch error {
                case .offsetRetained(_, let first) where attempts < Self.holdAttemptsMax:
                    // Deleted between the look and the hold, or announced to go.
                    (offset, attempts) = (first, attempts + 1)
                case .disk(let reason) where Self.forbidsWriting(reason):
                    log.warning(
                        "retention may delete records while this reads them: no hold can be written",
                        metadata: ["reason": "\(reason)"]
                    )
                    return nil
                default: throw error
                }
            }
        }
    }

    private static func forbidsWriting(_ error: DiskError) -> Bool {
        [DiskErrorCode.permissionDenied, DiskErrorCode.notPermitted, DiskErrorCode.readOnly].contains(
            error.code
        )
    }
}
