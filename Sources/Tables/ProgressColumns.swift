import Goals
import Postgres

/// Progress rows turned into columns, for one UPDATE that joins them with a leaf.
struct ProgressColumns {
    private var users = ArrayColumn(.text)
    private var goals = ArrayColumn(.text)
    private var challenges = ArrayColumn(.text)
    private var progress = ArrayColumn(.int4)
    private var statuses = ArrayColumn(.text)
    private var actives = ArrayColumn(.bool)
    private var assigned = ArrayColumn(.timestamptz)
    private var completed = ArrayColumn(.timestamptz)
    private var claimed = ArrayColumn(.timestamptz)
    private var updated = ArrayColumn(.timestamptz)
    private var lastEvents = ArrayColumn(.timestamptz)
    private var lastCounted = ArrayColumn(.date)
    private var created = ArrayColumn(.timestamptz)

    init(_ rows: ArraySlice<ProgressRow>, of batch: FoldBatch) {
        for row in rows {
            let goal = batch.challenges.goals[Int(row.goal)]
            users.append(text: batch.players.idBytes(row.player))
            goals.append(text: goal.id.utf8)
            challenges.append(text: batch.challenges.challenges[goal.challenge].id.utf8)
            progress.append(int4: row.progress)
            statuses.append(text: row.status.text.utf8)
            actives.append(bool: row.isActive)
            assigned.append(timestamptz: row.assignedAt?.microseconds)
            completed.append(timestamptz: row.completedAt?.microseconds)
            claimed.append(timestamptz: row.claimedAt?.microseconds)
            updated.append(timestamptz: row.updatedAt.microseconds)
            lastEvents.append(timestamptz: row.lastEventAt?.microseconds)
            lastCounted.append(date: row.lastCountedOn?.number)
            created.append(timestamptz: row.createdAt.microseconds)
        }
    }

    /// In the order of the statement's parameters `$1` to `$13`.
    var parameters: [Parameter] {
        [
            users, goals, challenges, progress, statuses, actives, assigned, completed, claimed, updated,
            lastEvents, lastCounted, created,
        ].map { .array($0) }
    }
}
