import Backup
import Cluster
import Disk
import EventLog
import Ingest
import IngestLink
import LMDB
import PayloadStore
import Postgres
import Tables

extension JobError {
    static func status(_ error: DiskError) -> ExitStatus {
        switch error.code {
        case DiskErrorCode.notFound: .noInput
        case DiskErrorCode.permissionDenied, DiskErrorCode.notPermitted, DiskErrorCode.readOnly: .noPermission
        case DiskErrorCode.exists: .cannotCreate
        default: .system
        }
    }

    static func status(_ error: BackupError) -> ExitStatus {
        switch error {
        case .disk(let error): status(error)
        case .notABackup: .noInput
        case .unfinished, .manifestDamaged, .newerFormat, .fileChanged: .badData
        case .targetNotEmpty, .otherRestore: .cannotCreate
        case .restoreUnfinished, .restoreRunning: .tryAgain
        case .noSpace: .system
        }
    }

    static func status(_ error: LogError) -> ExitStatus {
        switch error {
        case .disk(let error): status(error)
        case .writerLocked, .maintenanceLocked, .queueFull, .takenBack: .tryAgain
        case .notALog: .noInput
        case .damaged, .gap, .identityDamaged, .newerFormat, .configurationBeyondEnd, .offsetBeyondEnd,
            .offsetRetained:
            .badData
        case .configurationRefused, .holdRefused: .configuration
        case .poisoned, .rewriteMismatch: .system
        case .compression, .invalidFrame, .closed: .software
        }
    }

    static func status(_ error: IngestError) -> ExitStatus {
        switch error {
        case .log(let error): status(error)
        case .disk(let error): status(error)
        case .sourceChanged, .badCompression: .badData
        }
    }

    static func status(_ error: WriterLinkError) -> ExitStatus {
        switch error {
        case .lost, .unavailable, .conflict: .tryAgain
        case .refused: .badData
        case .notUnderstood: .unavailable
        }
    }

    static func status(_ error: PostgresError) -> ExitStatus {
        switch error {
        case .unreachable, .closed: .unavailable
        case .lockLost: .tryAgain
        case .server where error.isTransient: .tryAgain
        // 42501 and class 28: privileges and passwords. The rest is a statement of ours that is wrong.
        case .server(let state, _, _, _, _):
            state == "42501" || state.hasPrefix("28") ? .noPermission : .software
        case .unsupportedServer: .configuration
        case .protocolViolation: .software
        }
    }

    static func status(_ error: PayloadStoreError) -> ExitStatus {
        switch error {
        case .notPublished: .noInput
        case .lmdb(let error): status(error)
        case .corruptState, .corruptAnswer, .corruptOutcomes, .corruptTemplate, .lostTemplate: .badData
        case .unknownTemplate, .userOutOfRange, .outcomeOutOfRange, .itemTooLarge: .software
        }
    }

    static func isWriterLocked(_ error: PayloadStoreError) -> Bool {
        if case .lmdb(.locked) = error { true } else { false }
    }

    static func status(_ error: LMDBError) -> ExitStatus {
        switch error {
        case .absent: .noInput
        case .locked, .readersFull, .mapOutgrown: .tryAgain
        case .mapFull: .configuration
        case .corrupted, .notAnEnvironment, .versionMismatch: .badData
        case .io: .system
        case .openReadOnly, .keyOutOfRange, .misuse: .software
        }
    }

    static func status(_ error: ClusterError) -> ExitStatus {
        switch error {
        case .binariesNotFound, .majorNotInstalled, .noUnprivilegedUser, .socketPathTooLong,
            .clientsNotFound:
            .configuration
        case .unreadableDump: .badData
        case .notTraversable, .unsafeSocketDirectory: .noPermission
        case .busy: .tryAgain
        case .failed: .unavailable
        case .io: .system
        }
    }

    static func status(_ error: TablesError) -> ExitStatus {
        switch error {
        case .watermarkMoved: .tryAgain
        case .logMismatch, .notInstalled, .newerSchema, .olderSchema, .partitionCountMismatch,
            .partitionCountOutOfRange, .unknownStream, .routingMismatch:
            .configuration
        case .roleNameInvalid: .usage
        case .roleUnknown: .noInput
        case .roleTooPowerful: .configuration
        case .roleRefused: .noPermission
        case .inconsistent: .software
        case .postgres(let error): status(error)
        }
    }
}
