import BlockingLane
package import EventLog
package import Goals
import Tables

/// A reward that reached its player, as a `rewardDelivered` event tells it.
package struct DeliveredReward: Sendable {
    /// The event's id, made of the claim: the same however often it is written.
    package let eventID: String
    package let user: Identifier
    package let claimEventID: [UInt8]
    package let time: Timestamp
    /// The event as one line of JSON, without its line end.
    package let line: [UInt8]
}

/// Where the grant job writes what reached players, before the tables hear of it.
///
/// `open` is called before the first delivery of a run, so that nothing is sent that could not be recorded.
package protocol DeliveryLog: Sendable {
    /// Throws `tryAgain` as an overlap where another writer is at work.
    func open() async throws
    /// Appends events; they are durable when it returns. One whose id is known already may be left out.
    func append(_ rewards: [DeliveredReward]) async throws
    /// Ends what `open` began; safe to call without it.
    func close() async
}

/// Writes deliveries as the log's one writer, whose lock it holds from `open` to `close`.
package actor WriterDeliveryLog: DeliveryLog {
    private let lane = BlockingLane(label: "goalpost.grant-log")
    private let makeWriter: @Sendable () throws -> LogWriter
    private var writer: LogWriter?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    /// `open` opens the log's writer.
    package init(open: @escaping @Sendable () throws -> LogWriter) { makeWriter = open }

    package func open() throws {
        do {
            writer = try makeWriter()
        } catch let error as LogError {
            guard case .writerLocked = error else { throw error }
            throw JobError(
                .tryAgain,
                "no reward is sent, since what reaches players is recorded first and \(error); the next run goes on",
                isOverlap: true
            )
        }
    }

    package func append(_ rewards: [DeliveredReward]) throws {
        guard let writer, let first = rewards.first else { return }
        var (least, greatest) = (first.time, first.time)
        var bytes: [UInt8] = []
        for reward in rewards {
            bytes += reward.line
            bytes.append(UInt8(ascii: "\n"))
            (least, greatest) = (min(least, reward.time), max(greatest, reward.time))
        }
        _ = try writer.append(
            FrameContent(
                bytes: bytes,
                recordCount: UInt32(rewards.count),
                leastTime: least.milliseconds,
                greatestTime: greatest.milliseconds
            )
        )
    }

    package func close() {
        writer?.close()
        writer = nil
    }
}

/// Finds what the log says of deliveries that the tables do not know yet.
actor DeliveryScan {
    private let lane = BlockingLane(label: "goalpost.grant-scan")
    private let access: LogAccess

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    init(access: LogAccess) { self.access = access }

    /// Deliveries in records that their player's partition has not folded, up to the log's end.
    func unfolded(_ marks: [PartitionWatermark]) throws -> [(
        user: Identifier, claimEventID: [UInt8], time: Timestamp
    )] {
        let end = try access.directory.end()
        guard let start = marks.map(\.nextOffset).min(), start < end else { return [] }
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: start)
        var scanner = EventScanner(namespace: nil, checks: false)
        var found: [(user: Identifier, claimEventID: [UInt8], time: Timestamp)] = []
        var offset = start
        while offset < end, try reader.nextFrame() {
            try Task.checkCancellation()
            let bytes = reader.paddedBytes
            var at = reader.byteRange.lowerBound
            for _ in 0..<reader.recordCount {
                let lineEnd = LineEnd.next(in: bytes.span, from: at) ?? reader.byteRange.upperBound
                let line = bytes.span.extracting(at..<lineEnd)
                if let delivery = Self.delivery(line, &scanner), Self.isUnfolded(delivery.user, offset, marks)
                {
                    found.append(delivery)
                }
                at = lineEnd + 1
                offset += 1
            }
        }
        // A frame can be read before its writer has synced it: no row may depend on what a crash would take back.
        try reader.syncRead()
        return found
    }

    private static func isUnfolded(_ user: Identifier, _ offset: UInt64, _ marks: [PartitionWatermark])
        -> Bool
    {
        let mark = marks.first {
            PartitionHash.partition(of: user.utf8, modulus: $0.modulus) == $0.remainder
        }
        return mark.map { offset >= $0.nextOffset } ?? false
    }

    private static func delivery(
        _ line: Span<UInt8>,
        _ scanner: inout EventScanner
    ) -> (user: Identifier, claimEventID: [UInt8], time: Timestamp)? {
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line, now: nil), event.kind == .rewardDelivered,
                let time = event.time
            else { return nil }
            return (
                Identifier(utf8: scanner.bytes(event.user, in: line)),
                scanner.bytes(event.claimEventID, in: line), time
            )
        } catch {
            // Another program's record: the fold counts it, and it delivers nothing.
            return nil
        }
    }
}
