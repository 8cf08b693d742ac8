import Backup
import Cluster

/// What a dump says of the database it was made of, read from the dump itself.
///
/// The dump is one snapshot, so that its watermarks go with its rows, whatever a fold did meanwhile.
struct DumpContent: Hashable, Sendable {
    let databaseID: String
    /// Nil before the first fold.
    let logID: String?
    let schemaVersion: Int
    let partitions: Int
    let watermarks: [BackupManifest.Watermark]

    static func read(_ programs: ClientPrograms, dump path: String) async throws -> DumpContent {
        func damaged(_ reason: String) -> ClusterError { .unreadableDump(path, reason: reason) }
        let meta = try await programs.rows(of: "meta", schema: "goalpost", dump: path)
        guard meta.count == 1, let row = meta.first, let databaseID = row["database_uuid"],
            let version = row["schema_version"].flatMap({ Int($0) }),
            let partitions = row["partitions"].flatMap({ Int($0) })
        else { throw damaged("it does not hold the one row of goalpost.meta") }
        let rows = try await programs.rows(of: "fold_watermark", schema: "goalpost", dump: path)
        var watermarks: [BackupManifest.Watermark] = []
        for row in rows {
            guard let stream = row["stream"], let partition = row["partition"].flatMap({ Int($0) }),
                let next = row["next_offset"].flatMap({ UInt64($0) })
            else { throw damaged("a row of goalpost.fold_watermark is none") }
            watermarks.append(.init(stream: stream, partition: partition, nextOffset: next))
        }
        watermarks.sort { ($0.stream, $0.partition) < ($1.stream, $1.partition) }
        return DumpContent(
            databaseID: databaseID,
            logID: row["log_uuid"],
            schemaVersion: version,
            partitions: partitions,
            watermarks: watermarks
        )
    }
}
