package import Logging
package import Settings
import Tables

/// `goalpost db grant-analyst`: a role that reads the tables and views and changes nothing.
package struct AnalystJob: Sendable {
    package struct Report: Encodable, Sendable {
        package let role: String
        package let isRevoked: Bool
        /// Whether the role was made, without a login.
        package let isNew: Bool
        /// What it may read.
        package let relations: [String]
    }

    private let settings: Settings
    private let log: Logger

    package init(settings: Settings, log: Logger) { (self.settings, self.log) = (settings, log) }

    /// `statementSeconds` is how long a statement of the role may take.
    package func run(role name: String, revoke: Bool, statementSeconds: Int) async throws -> Report {
        let role = try AnalystRole(name)
        guard AnalystRole.statementSecondsRange.contains(statementSeconds) else {
            let range = AnalystRole.statementSecondsRange
            throw JobError(
                .usage,
                "a statement may take \(range.lowerBound) to \(range.upperBound) seconds, not \(statementSeconds)"
            )
        }
        let session = try await Database.open(settings, log: log).session("analyst")
        if revoke {
            try await role.revoke(session)
            return Report(role: name, isRevoked: true, isNew: false, relations: [])
        }
        let grant = try await role.grant(session, statementSeconds: statementSeconds)
        return Report(role: name, isRevoked: false, isNew: grant.isNew, relations: grant.relations)
    }

    package static var statementSecondsDefault: Int { AnalystRole.statementSecondsDefault }
}
