/// A bug that is put in on purpose, to see that the world finds it.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// The volume says that it synced a file's contents, and did not.
    case syncDataDoesNothing
    /// The volume says that it synced a directory, and did not.
    case syncDirectoryDoesNothing
    /// The volume says that it cut a file, and did not: torn tails stay.
    case truncateDoesNothing
    /// A caller is told that its records are in the log before they are synced.
    case acknowledgesBeforeSync
    /// The fold saves its watermark, then its rows, and is killed between them now and then.
    case watermarkBeforeRows
    /// The fold saves its rows, then its watermark, and is killed between them now and then.
    case rowsBeforeWatermark
    /// The fold goes on while a failed append, whose cut failed as well, is neither taken back nor kept.
    case foldsUnacknowledged
    /// With the first segment that retention removes, the next one goes too.
    case removesOneTooMany
    /// Retention is not told what the fold and the snapshot still need.
    case retainsWithoutLimits
    /// Compaction puts a file in place whose last record is missing.
    case compactionDropsRecord
}

/// How a world runs.
package struct WorldOptions: Sendable {
    /// Steps after which it ends: calls on the simulated disk and actions of the driver together.
    package var stepsMax: UInt64
    /// The bug that it has to find, if any.
    package var plantedBug: PlantedBug?

    package init(stepsMax: UInt64 = 20_000, plantedBug: PlantedBug? = nil) {
        self.stepsMax = stepsMax
        self.plantedBug = plantedBug
    }
}

/// Something that may not be, and how to see it again.
package struct WorldFailure: Error, CustomStringConvertible {
    package let seed: UInt64
    /// Step at which it was noticed.
    package let step: UInt64
    package let what: String

    package var description: String {
        "seed \(seed), step \(step): \(what); to see it again: "
            + "GOALPOST_SEED=\(seed) swift test -c release --filter WorldSoakTests"
    }
}
