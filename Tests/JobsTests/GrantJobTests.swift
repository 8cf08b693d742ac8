import EventLog
import Foundation
import Goals
import Jobs
import Settings
import Synchronization
import TestKit
import Testing

/// Rewards reach a webhook under a key that stays, and what the log says of them is believed.
@Suite struct GrantJobTests {
    private static let players = (0..<40).map { "player-\($0)" }

    @Test func `each reward is posted once, recorded and marked`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(Self.players)
        try await world.fold()
        let summary = try await world.grant()
        #expect(summary.delivered == 40 && summary.pending == 0 && summary.failure == nil)
        #expect(receiver.requests.count == 40 && receiver.keys.count == 40)
        #expect(try await world.states() == ["delivered": 40])
        #expect(try world.delivered().count == 40)
        // Neither before nor after a fold of the records is anything sent again.
        try await world.grant()
        let marked = try await world.grants().map(\.deliveredAt)
        try await world.fold()
        try await world.grant()
        #expect(receiver.requests.count == 40)
        #expect(try await world.grants().map(\.deliveredAt) == marked)
    }

    @Test func `the request is what README says`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 204) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["Zoë/1"])
        try await world.fold()
        try await world.grant()
        let request = try #require(receiver.requests.first)
        // printf 'Zoë/1\0claim-Zoë/1' | sha256sum
        let key = try #require(try await world.grants().first?.idempotencyKey)
        #expect(request.key == key && key.count == 64)
        #expect(
            request.body
                == #"{"claimEventId":"claim-Zoë/1","claimedAt":"\#(GrantWorld.claimedAt)","goalId":"g","#
                + #""idempotencyKey":"\#(key)","namespace":"demo","#
                + #""reward":{"quantity":7,"rewardId":"gems","type":"WALLET"},"userId":"Zoë/1"}"#
        )
        let record = try #require(try world.delivered().first)
        #expect(record.contains(#""id":"delivered-\#(key)""#) && record.contains(#""userId":"Zoë/1""#))
        #expect(record.contains(#""payload":{"claimEventId":"claim-Zoë/1"}"#))
    }

    @Test func `killed between delivery and record, it is sent again under the same key`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["a", "b", "c"])
        try await world.fold()
        let broken = BrokenDeliveryLog(world.writerLog(), writesFirst: false)
        await #expect(throws: BrokenDeliveryLog.Killed.self) { try await world.grant(deliveries: broken) }
        #expect(try world.delivered().isEmpty)
        // Still leased: nobody else sends them meanwhile.
        #expect(try await world.grant().delivered == 0)
        world.later(milliseconds: 3_600_000)
        #expect(try await world.grant().delivered == 3)
        #expect(receiver.keys.count == 3 && receiver.keys.values.allSatisfy { $0 == 2 })
        #expect(try world.delivered().count == 3)
        #expect(try await world.states() == ["delivered": 3])
    }

    @Test func `killed between record and mark, nothing is sent again`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["a", "b", "c"])
        try await world.fold()
        let broken = BrokenDeliveryLog(world.writerLog(), writesFirst: true)
        await #expect(throws: BrokenDeliveryLog.Killed.self) { try await world.grant(deliveries: broken) }
        #expect(try await world.states() == ["pending": 3])
        world.later(milliseconds: 3_600_000)
        let summary = try await world.grant()
        #expect(summary.recalled == 3 && summary.delivered == 0)
        #expect(receiver.requests.count == 3 && receiver.keys.count == 3)
        #expect(try world.delivered().count == 3)
        let marked = try await world.grants()
        try await world.fold()
        #expect(try await world.grants().map(\.deliveredAt) == marked.map(\.deliveredAt))
    }

    @Test func `while another writes the log nothing is sent`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["a"])
        try await world.fold()
        let writer = try world.access.openWriter(world.settings, now: WallClock.now)
        let error = await #expect(throws: JobError.self) { try await world.grant() }
        #expect(error?.status == .tryAgain && error?.isOverlap == true)
        #expect(error?.message.contains("another writer") == true)
        #expect(receiver.requests.isEmpty)
        writer.close()
        // The attempt was not counted.
        #expect(try await world.grant().delivered == 1)
        #expect(try await world.grants().first?.attempts == 1)
    }

    @Test func `what may pass is tried again when its time has come, and given up after four failures`()
        async throws
    {
        let receiver = try RewardReceiver { _, _ in .answer(status: 503, body: "full") }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["a"])
        try await world.fold()
        for (attempt, wait) in zip(1..., [500, 1000, 2000] as [Int64]) {
            let summary = try await world.grant()
            #expect(summary.postponed == 1 && summary.lastError == "HTTP status 503: full")
            let grant = try #require(try await world.grants().first)
            #expect(grant.state == "pending" && grant.attempts == Int32(attempt))
            world.later(milliseconds: wait - 1)
            // Not yet, and no run waits for it.
            #expect(try await world.grant().postponed == 0)
            #expect(receiver.requests.count == attempt)
            world.later(milliseconds: 1)
        }
        let last = try await world.grant()
        #expect(last.dead == 1 && last.failure?.status == .badData)
        let grant = try #require(try await world.grants().first)
        #expect(grant.state == "dead" && grant.lastError == "HTTP status 503: full (attempt 4)")
        world.later(milliseconds: 100_000_000)
        try await world.grant()
        #expect(receiver.requests.count == 4 && receiver.keys.count == 1)
    }

    @Test func `what would fail again is dead at once, and redriven under the same key`() async throws {
        let isMended = Atomic<Bool>(false)
        let receiver = try RewardReceiver { request, _ in
            let isRefused = request.body.contains(#""userId":"a""#) && !isMended.load(ordering: .relaxed)
            return .answer(status: isRefused ? 422 : 200, body: isRefused ? "invalid item" : "")
        }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["a", "b"])
        try await world.fold()
        let summary = try await world.grant()
        #expect(summary.delivered == 1 && summary.dead == 1)
        let jobs = GrantsJob(settings: world.settings, log: world.log)
        let dead = try await jobs.list(state: "dead", player: nil, limit: 10).grants
        #expect(dead.map(\.lastError) == ["HTTP status 422: invalid item"])
        #expect(try await jobs.redrive(player: "b", claim: nil) == 0)
        isMended.store(true, ordering: .relaxed)
        #expect(try await jobs.redrive(player: "a", claim: "claim-a") == 1)
        #expect(try await world.grant().delivered == 1)
        #expect(receiver.keys.values.sorted() == [1, 2])
        #expect(try await jobs.show(player: "a", claim: "claim-a").state == "delivered")
        await #expect(throws: JobError.self) { try await jobs.show(player: "a", claim: "x") }
        await #expect(throws: JobError.self) { try await jobs.list(state: "lost", player: nil, limit: 1) }
    }

    @Test func `a webhook that does not know us stops the run before all are given up`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 401) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url, [.grantConcurrency: "1"])
        try await world.claim(Self.players)
        try await world.fold()
        let summary = try await world.grant()
        #expect(summary.dead == 4 && summary.pending == 36)
    }

    @Test func `never more requests at once than the setting says`() async throws {
        let atOnce = Mutex((now: 0, most: 0))
        let receiver = try RewardReceiver { _, _ in
            atOnce.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            // Long enough for the others to arrive, not what is waited for.
            poll(nil, 0, 20)
            atOnce.withLock { $0.now -= 1 }
            return .answer(status: 200)
        }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url, [.grantConcurrency: "3"])
        try await world.claim(Self.players)
        try await world.fold()
        #expect(try await world.grant().delivered == 40)
        #expect(atOnce.withLock { $0.most } <= 3)
    }

    @Test func `two at once deliver each reward once`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(Self.players)
        try await world.fold()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    do {
                        try await world.grant()
                    } catch {
                        // Another one is at it.
                        #expect(JobError(error).isOverlap, "\(error)")
                    }
                }
            }
        }
        try await world.grant()
        #expect(receiver.keys.count == 40 && receiver.requests.count == 40)
        #expect(try world.delivered().count == 40)
    }

    @Test func `after a restore nothing is sent until it is confirmed`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let world = try await GrantWorld(webhook: receiver.url)
        try await world.claim(["a"])
        try await world.fold()
        try await world.execute("UPDATE goalpost.meta SET grants_held = true")
        let error = await #expect(throws: JobError.self) { try await world.grant() }
        #expect(error?.status == .configuration && error?.message.contains("--confirm-rebuilt") == true)
        #expect(receiver.requests.isEmpty)
        #expect(try await world.grant(confirm: true).delivered == 1)
        #expect(try await world.grant().delivered == 0)
    }

    @Test func `after a rebuild nothing is sent until it is confirmed, and then only what is new`()
        async throws
    {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let first = try await GrantWorld(webhook: receiver.url)
        try await first.claim(["a", "b"])
        try await first.fold()
        try await first.grant()
        let second = try await GrantWorld(webhook: receiver.url, sharing: first)
        try await second.claim(["c"])
        try await second.fold()
        await #expect(throws: JobError.self) { try await second.grant() }
        #expect(receiver.requests.count == 2)
        #expect(try await second.grant(confirm: true).delivered == 1)
        #expect(receiver.keys.count == 3 && receiver.requests.count == 3)
    }

    @Test func `without a webhook nothing is done and no database is asked for`() async throws {
        let world = try await GrantWorld(webhook: nil)
        let job = GrantJob(settings: world.settings, access: world.access, log: world.log)
        let summary = try await job.run(database: {
            Issue.record("nobody needs a database here")
            return world.database
        })
        #expect(!summary.isConfigured && summary.failure == nil)
    }
}
