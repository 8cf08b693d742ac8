import Backup
import Cluster
import Disk
import EventLog
import Ingest
import IngestLink
import PayloadStore
import Payloads
import Postgres
import Settings
import Tables
import Webhook

/// A failure as people and cron see it: one clear line and an exit code.
package struct JobError: Error, CustomStringConvertible {
    package let status: ExitStatus
    /// What failed, where, and what to do; one line.
    package let message: String
    /// Whether another run of the same job was at it: what the schedule passes over in silence.
    package let isOverlap: Bool

    package init(_ status: ExitStatus, _ message: String, isOverlap: Bool = false) {
        self.status = status
        self.message = message
        self.isOverlap = isOverlap
    }

    package var description: String { message }

    /// Maps any room's error to the code a caller acts on; what no room declares is a bug of ours.
    package init(_ error: any Error) {
        switch error {
        case let error as JobError: self = error
        case let error as SettingsError: self.init(.configuration, "\(error)")
        case let error as DiskError: self.init(Self.status(error), "\(error)")
        case let error as LogError: self.init(Self.status(error), "\(error)")
        case let error as IngestError: self.init(Self.status(error), "\(error)")
        case let error as WriterLinkError: self.init(Self.status(error), "\(error)")
        case let error as PostgresError: self.init(Self.status(error), "\(error)")
        case let error as TablesError: self.init(Self.status(error), "\(error)")
        case let error as PayloadStoreError:
            self.init(Self.status(error), "\(error)", isOverlap: Self.isWriterLocked(error))
        case let error as BackupError: self.init(Self.status(error), "\(error)")
        case let error as WebhookError: self.init(.configuration, "\(error)")
        case let error as PayloadError: self.init(.software, "\(error)")
        case let error as ClusterError: self.init(Self.status(error), "\(error)")
        default: self.init(.software, "unexpected error: \(error)")
        }
    }
}
