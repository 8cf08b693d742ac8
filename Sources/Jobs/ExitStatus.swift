/// What a command's exit code tells cron and scripts; the numbers are those of BSD's sysexits.h.
package enum ExitStatus: Int32, Sendable {
    case done = 0
    /// What was compared differs: drift.
    case drift = 1
    /// Wrong options or arguments.
    case usage = 64
    /// The input or the stored data is bad: somebody has to look at it.
    case badData = 65
    /// A named input is not there.
    case noInput = 66
    /// A service that is needed does not answer.
    case unavailable = 69
    /// A bug of ours.
    case software = 70
    /// The system refused: disk full, too many files.
    case system = 71
    /// An output cannot be made.
    case cannotCreate = 73
    /// Another run is at it, or the cause will pass: try again later.
    case tryAgain = 75
    /// The user this runs as may not do that.
    case noPermission = 77
    /// The settings or challenges.json are wrong.
    case configuration = 78
}
