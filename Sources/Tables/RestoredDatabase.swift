package import Goals
import Partitions
import Postgres

/// What a restored database says of itself: a new identity, where it came from, and that no reward leaves it.
///
/// Written in the transaction that restores the tables, so that a database is either not restored or says so.
package struct RestoredDatabase: Hashable, Sendable {
    /// Its own UUID, lower case; made for this restore, for it is no longer the database that was backed up.
    package let databaseID: String
    /// UUID of the database that was backed up; nil where the tables are rebuilt from the log.
    package let origin: String?
    package let restoredAt: Timestamp

    /// Nil unless the ids are UUIDs in lower case.
    package init?(databaseID: String, origin: String?, restoredAt: Timestamp) {
        guard Self.isUUID(databaseID), origin.map(Self.isUUID) ?? true else { return nil }
        (self.databaseID, self.origin, self.restoredAt) = (databaseID, origin, restoredAt)
    }

    /// What a client runs before the dump's own statements.
    package static var opening: String {
        // The lock makes a later attempt wait for one whose program was killed while its server still works.
        """
        BEGIN;
        SET LOCAL lock_timeout = '60s';
        SELECT pg_catalog.pg_advisory_xact_lock(\(Schema.advisoryLockKey));

        """
    }

    /// What a client runs after them: upgrade from the dump's version, new identity, statistics, and the commit.
    package func closing(dumpVersion: Int) -> String {
        let steps = Partitions.steps.filter { $0.version > dumpVersion }.map { step in
            "\(step.sql)\nUPDATE goalpost.meta SET schema_version = \(step.version);\n"
        }
        return """

            SET LOCAL search_path = pg_catalog, pg_temp;
            \(steps.joined())
            \(update);
            ANALYZE goalpost.meta, goalpost.fold_watermark, goalpost.player, goalpost.user_goal_progress,
                goalpost.player_change, goalpost.reward_grant, goalpost.request_outcome, goalpost.job_run;
            COMMIT;

            """
    }

    /// Of checked UUIDs and integers only.
    var update: String {
        """
        UPDATE goalpost.meta SET database_uuid = '\(databaseID)',
            restored_from = \(origin.map { "'\($0)'" } ?? "NULL"), grants_held = true,
            restored_at = timestamptz 'epoch' + \(restoredAt.microseconds) * interval '1 microsecond'
        """
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.indices.allSatisfy { index in
                [8, 13, 18, 23].contains(index)
                    ? bytes[index] == UInt8(ascii: "-")
                    : (48...57).contains(bytes[index]) || (97...102).contains(bytes[index])
            }
    }
}
