import BlockingLane
import Disk
import EventLog
import TestKit
import Testing

@Suite struct CommitQueueTests {
    private func queue(
        _ log: LogFixture,
        _ limits: LogLimits = LogLimits(),
        waitingBytesMax: Int = 64 * 1024 * 1024
    ) throws -> CommitQueue {
        CommitQueue(
            writer: try LogWriter.open(volume: log.volume, directory: log.path, limits: limits) { 0 },
            lane: BlockingLane(label: "log"),
            waitingBytesMax: waitingBytesMax
        )
    }

    private static func submit(_ queue: CommitQueue, _ lines: [String]) async throws(LogError) -> UInt64 {
        let content = frame(lines)
        return try await queue.submit(
            content.bytes,
            recordCount: content.recordCount,
            leastTime: content.leastTime,
            greatestTime: content.greatestTime
        )
    }

    @Test func `32 tasks share commits, and each gets its own offsets`() async throws {
        let temporary = try TemporaryDirectory()
        let log = try LogFixture(LocalVolume(), temporary.path + "/events")
        let queue = try queue(log, LogLimits(segmentBytesMax: 20_000))
        let answers = try await withThrowingTaskGroup(of: [(UInt64, [String])].self) { group in
            for task in 0..<32 {
                group.addTask {
                    var answers: [(UInt64, [String])] = []
                    for round in 0..<50 {
                        let lines = (0...(task + round) % 3).map {
                            "{\"task\":\(task),\"round\":\(round),\"line\":\($0)}"
                        }
                        answers.append((try await Self.submit(queue, lines), lines))
                    }
                    return answers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        await queue.close()
        let records = try log.records()
        #expect(records.count == answers.reduce(0) { $0 + $1.1.count })
        for (offset, lines) in answers {
            #expect(Array(records[Int(offset)..<(Int(offset) + lines.count)]) == lines)
        }
        let verification = try log.verify()
        #expect(verification.findings == [])
        // 1,600 callers: were every one its own commit, grouping would not work at all.
        #expect(verification.commitCount < 1_600)
        #expect(queue.waitingBytes == 0)
    }

    @Test func `a full queue refuses at once`() async throws {
        let log = try LogFixture(SimulatedDisk(), "/events")
        let queue = try queue(log, waitingBytesMax: 10)
        #expect(try await Self.submit(queue, ["123456789"]) == 0)
        await #expect(throws: LogError.queueFull(waitingBytes: 0, limit: 10)) {
            _ = try await Self.submit(queue, ["1234567890"])
        }
        #expect(try await Self.submit(queue, ["ok"]) == 1)
    }

    @Test func `content that is no run of records harms its sender only`() async throws {
        let log = try LogFixture(SimulatedDisk(), "/events")
        let queue = try queue(log)
        async let good = Self.submit(queue, ["{}"])
        await #expect(throws: LogError.self) {
            _ = try await queue.submit([0x7B], recordCount: 1, leastTime: 0, greatestTime: 0)
        }
        #expect(try await good == 0)
    }

    @Test func `after a failure all that wait get the error, and the next call reopens`() async throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let queue = try queue(log)
        #expect(try await Self.submit(queue, ["{\"n\":0}"]) == 0)
        disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
        let outcomes = await withTaskGroup(of: UInt64?.self) { group in
            for task in 0..<16 {
                group.addTask {
                    do throws(LogError) { return try await Self.submit(queue, ["{\"n\":\(task)}"]) } catch {
                        return nil
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let acknowledged = outcomes.compactMap(\.self)
        #expect(acknowledged.count < 16)
        let next = try await Self.submit(queue, ["{\"n\":99}"])
        #expect(next == UInt64(acknowledged.count) + 1)
        await queue.close()
        let records = try log.records()
        #expect(records.count == acknowledged.count + 2)
        #expect(records.last == "{\"n\":99}")
        // A full disk keeps refusing, with the reason, for as long as it is full.
        await #expect(throws: LogError.closed) { _ = try await Self.submit(queue, ["{}"]) }
    }

    @Test func `a disk that stays full is an error for every call, and none is lost when it ends`()
        async throws
    {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let queue = try queue(log)
        for _ in 0..<3 {
            disk.arm(.fail(DiskErrorCode.diskFull), atCall: 1)
            await #expect {
                _ = try await Self.submit(queue, ["{}"])
            } throws: { error in
                guard case LogError.disk(let cause) = error else { return false }
                return cause.code == DiskErrorCode.diskFull
            }
        }
        #expect(try await Self.submit(queue, ["{}"]) == 0)
        await queue.close()
        #expect(try log.records() == ["{}"])
    }

    @Test func `closing commits what waits and frees the log`() async throws {
        let log = try LogFixture(SimulatedDisk(), "/events")
        let queue = try queue(log)
        let offsets = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<8 { group.addTask { try await Self.submit(queue, ["{}"]) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(offsets == Set(0..<8))
        #expect(try await queue.applyConfiguration([1]) == 8)
        #expect(try await !queue.rollIfDue())
        await queue.close()
        await queue.close()
        #expect(try log.records().count == 8)
        let writer = try log.writer()
        #expect(writer.nextOffset == 8)
    }
}
