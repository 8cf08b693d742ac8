package import Disk

/// Deletes the oldest sealed segments of a log, while readers, fold and writer go on.
///
/// Configurations stay, all of them: they are small, and those in force reach into what remains.
package struct LogRetention {
    private let directory: LogDirectory
    private let policy: RetentionPolicy
    private let limits: [RetentionLimit]
    private let now: Int64

    /// Notes what is to be kept, and what the caller knows of who needs records.
    ///
    /// Live holds are found by the calls. `now` in milliseconds since 1970.
    package init(
        volume: any Volume,
        directory: String,
        policy: RetentionPolicy,
        limits: [RetentionLimit],
        now: Int64
    ) {
        self.directory = LogDirectory(volume: volume, path: directory)
        self.policy = policy
        self.limits = limits
        self.now = now
    }

    /// What `apply` would do now; changes nothing and needs no lock.
    package func plan() throws(LogError) -> RetentionPlan {
        _ = try directory.identity()
        return try plan(try holds.least(removingDead: false))
    }

    /// Deletes what the plan says, oldest first, each deletion durable before the next, and returns the plan.
    ///
    /// Throws `.maintenanceLocked` while another process compacts or deletes. Killed anywhere, the log has no
    /// gap, and the next run goes on. `deleted` is called after each segment that is gone.
    package func apply(
        deleted: (RetentionPlan.Decision) -> Void = { _ in }
    ) throws(LogError) -> RetentionPlan {
        _ = try directory.identity()
        let lock = try directory.maintenanceLock()
        defer { lock.release() }
        try directory.removeRewriteLeftovers()
        var plan = try plan(try holds.least(removingDead: true))
        guard plan.deletedCount > 0 else { return plan }
        // A hold that is taken from now on sees the floor; one that was taken before is seen here.
        try holds.setFloor(plan.firstOffset)
        if let late = try holds.least(removingDead: false), late.offset < plan.firstOffset {
            plan = try self.plan(late)
            try holds.setFloor(plan.firstOffset)
        }
        for decision in plan.decisions where decision.goes {
            try onDisk { () throws(DiskError) in
                try directory.volume.remove(directory.path(of: decision.name))
                try directory.volume.syncDirectory(directory.path)
            }
            deleted(decision)
        }
        return plan
    }

    private var holds: LogHolds { LogHolds(volume: directory.volume, logDirectory: directory.path) }

    private func plan(_ hold: LogHolds.Hold?) throws(LogError) -> RetentionPlan {
        var limits = limits
        if let hold {
            limits.append(
                RetentionLimit(
                    offset: hold.offset,
                    reason: "a reader holds the records from \(hold.offset) on (\(hold.path))"
                )
            )
        }
        return RetentionPlan(try candidates(), policy, limits: limits, now: now)
    }

    private func candidates() throws(LogError) -> [RetentionPlan.Candidate] {
        var candidates: [RetentionPlan.Candidate] = []
        for segment in try directory.segments() {
            let committedAt = segment.isSealed ? try lastCommit(segment) : nil
            candidates.append(
                RetentionPlan.Candidate(
                    name: segment.name,
                    nextOffset: segment.baseOffset + segment.recordCount,
                    fileBytes: segment.fileBytes,
                    // An unsealed segment is being written.
                    newestTime: max(segment.greatestTime ?? .min, committedAt ?? now),
                    isSealed: segment.isSealed
                )
            )
        }
        return candidates
    }

    /// When the last commit of a sealed segment was made, milliseconds since 1970.
    private func lastCommit(_ segment: SegmentSummary) throws(LogError) -> Int64? {
        guard let file = try directory.openIfPresent(segment.name),
            let tail = try SealedTail.read(file, name: segment.name),
            let (byte, base) = try tail.position(of: tail.seal.nextOffset - 1, in: file)
        else { return nil }
        guard
            case .commit(let commit) = try directory.walker(segment.name, file).step(
                at: byte,
                expecting: base
            )
        else { return nil }
        return commit.footer.committedAt
    }
}
