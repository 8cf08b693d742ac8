import BlockingLane
import Disk
import EventLog
import Foundation
import Goals
import Ingest
import Intake
import TestKit
import Testing

/// A log on a simulated disk, and what writes to it.
final class IntakeWorld {
    static let now = Timestamp(microseconds: 1_767_225_600_000_000)
    static let log = "/data/log/events"
    static let quarantine = "/data/log/quarantine"

    let disk = SimulatedDisk()

    init() throws {
        try LogDirectory.create(
            volume: disk,
            path: Self.log,
            makeUUID: { "6f1c2f0e-7a53-4c35-9b37-0d3a5c1f2b11" }
        )
        let writer = try LogWriter.open(volume: disk, directory: Self.log, now: { 0 })
        _ = try writer.applyConfiguration(Array("{}".utf8))
        writer.close()
    }

    /// Opens the log as a server does on start.
    func open(
        dedupe: Int = 1000,
        bytesMax: Int = 64 << 20,
        lane: BlockingLane = BlockingLane(label: "intake")
    ) throws -> IntakeQueue {
        IntakeQueue(
            writer: try IntakeWriter.open(
                volume: disk,
                logDirectory: Self.log,
                quarantineDirectory: Self.quarantine,
                namespace: Identifier("game"),
                window: DedupeWindow(capacity: dedupe),
                now: { Self.now }
            ),
            lane: lane,
            namespace: Identifier("game"),
            waitingBytesMax: bytesMax
        )
    }

    static func login(_ id: String, user: String = "u", source: String? = nil) -> String {
        let source = source.map { #","source":"\#($0)""# } ?? ""
        return #"{"id":"\#(id)","name":"userLoggedIn","namespace":"game","#
            + #""timestamp":"2025-12-01T00:00:00Z","userId":"\#(user)"\#(source)}"#
    }

    static func claim(_ id: String, user: String) -> String {
        #"{"id":"\#(id)","name":"rewardClaimRequested","namespace":"game","userId":"\#(user)","#
            + #""payload":{"challengeId":"c","goalId":"g"}}"#
    }

    static func batch(_ queue: IntakeQueue, _ lines: [String], keepsRefused: Bool = true) -> EventBatch {
        var batch = EventBatch(keepsRefused: keepsRefused)
        var preparer = queue.preparer()
        for (index, line) in lines.enumerated() {
            batch.add(Array(line.utf8).span, byteOffset: UInt64(index), now: now, &preparer)
        }
        return batch
    }

    /// The ids in the log, in order.
    func ids() throws -> [String] {
        try records().map { record in
            let event = try JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: Any]
            return event?["id"] as? String ?? ""
        }
    }

    /// The records in the log, in order.
    func records() throws -> [String] {
        let reader = try LogReader(volume: disk, directory: Self.log, from: 0)
        var records: [String] = []
        while try reader.nextFrame() {
            for record in reader.bytes.split(separator: UInt8(ascii: "\n")) {
                records.append(String(decoding: record, as: UTF8.self))
            }
        }
        return records
    }
}
