/// What one run of the grant job did.
package struct GrantSummary: JobSummary, Sendable {
    /// False where no webhook is set, so that nothing was done.
    package var isConfigured = true
    /// Rewards that the webhook took.
    package var delivered: UInt64 = 0
    /// Deliveries that failed and are tried again.
    package var postponed: UInt64 = 0
    /// Rewards given up.
    package var dead: UInt64 = 0
    /// Rewards that the log knew as delivered and the tables did not.
    package var recalled: UInt64 = 0
    /// Rewards that wait, due or not, when the run ends.
    package var pending: Int64 = 0
    /// Rewards given up, by this run or before, that nobody has redriven.
    package var deadInAll: Int64 = 0
    /// Why the newest delivery failed.
    package var lastError: String?
    package var seconds = 0.0

    package init() {}

    /// Dead rewards wait for somebody: a run that gave up any has failed.
    package var failure: JobError? {
        guard dead > 0 else { return nil }
        return JobError(
            .badData,
            "\(dead) rewards were given up (\(lastError ?? "no reason")): `goalpost grants ls --state dead` lists them, "
                + "and `goalpost grants redrive` sends them again once the webhook takes them"
        )
    }
}
