import Foundation
import Goals

/// The routes by which a player writes: `…/challenges/{c}/goals/{g}/active` and `…/claim`.
struct PlayerRoute: Equatable {
    let challenge: Identifier
    let goal: Identifier
    let isClaim: Bool

    /// Nil for any other path; throws for ids that cannot be ids.
    init?(path: String) throws(IngestProblem) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 8, parts[0].isEmpty, parts[1...3] == ["challenge", "v1", "challenges"],
            parts[5] == "goals", parts[7] == "active" || parts[7] == "claim"
        else { return nil }
        challenge = try Self.identifier(parts[4], "challenge")
        goal = try Self.identifier(parts[6], "goal")
        isClaim = parts[7] == "claim"
    }

    private static func identifier(_ part: Substring, _ what: String) throws(IngestProblem) -> Identifier {
        guard let text = String(part).removingPercentEncoding, !text.isEmpty,
            text.unicodeScalars.count <= Identifier.scalarsMax, !text.unicodeScalars.contains("\u{0}")
        else {
            throw IngestProblem(
                .invalidRequest,
                "The \(what)'s id has to be 1 to \(Identifier.scalarsMax) characters, percent-encoded UTF-8."
            )
        }
        return Identifier(text)
    }
}
