import EventLog
import Ingest
import IngestLink

/// Writes deliveries as the log's own writer, or hands them to the server where that one is the writer.
package actor ServerDeliveryLog: DeliveryLog {
    /// Most events of a request, so that its answer tells of each.
    private static let requestMax = 1000

    private let access: LogAccess
    private let writer: WriterDeliveryLog
    private var link: WriterLink?

    /// `writer` is what deliveries are written by while no server runs.
    package init(access: LogAccess, writer: WriterDeliveryLog) {
        self.access = access
        self.writer = writer
    }

    package func open() async throws {
        do {
            try await writer.open()
        } catch let error as JobError where error.isOverlap {
            guard let found = await WriterLink.open(logDirectory: access.directory.path) else { throw error }
            link = found
        }
    }

    package func append(_ rewards: [DeliveredReward]) async throws {
        guard let link else { return try await writer.append(rewards) }
        for start in stride(from: 0, to: rewards.count, by: Self.requestMax) {
            let part = rewards[start..<min(start + Self.requestMax, rewards.count)]
            var lines: [UInt8] = []
            for reward in part {
                lines += reward.line
                lines.append(UInt8(ascii: "\n"))
            }
            let answer = try await link.events(lines)
            // One that is known already was recorded by a run that did not come to settle it.
            guard answer.accepted + answer.duplicates == UInt64(part.count) else {
                let fault = answer.results.compactMap(\.detail).first ?? "another namespace"
                throw JobError(
                    .badData,
                    "goalpost-ingest at \(link.path) took \(answer.accepted + answer.duplicates) of \(part.count) "
                        + "records of delivered rewards (\(fault)); the others are delivered again under the same key"
                )
            }
        }
    }

    package func close() async {
        await writer.close()
        await link?.close()
        link = nil
    }
}
