import Foundation
import Front
import TestKit
import Testing

/// One kept connection, while the store under the front goes and comes.
@Suite struct StoreFollowTests {
    private static let initialize = "/challenge/v1/challenges/initialize"

    private static func expected(_ progress: Int) -> [UInt8] {
        TestStore.json(progress: progress, kind: "assignedGoals")
    }

    /// Asks on `wire` until `isThere` finds what it waits for; every answer on the way is a whole one.
    private static func await(_ wire: Wire, _ isThere: (WireResponse) -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + Wire.patience
        while ContinuousClock.now < deadline {
            wire.send("GET \(initialize) HTTP/1.1\r\nHost: h\r\nx-mock-user-id: p1\r\n\r\n")
            let response = try wire.response()
            if isThere(response) { return true }
            #expect(response.status == 200 || response.status == 503)
            if response.status == 503 { #expect(response["retry-after"] == "5") }
        }
        return false
    }

    @Test func `a store that is deleted is missed, and found when it is made again`() async throws {
        try await RunningFront.with { front, store in
            let wire = try Wire(front.address)
            #expect(try Self.await(wire) { $0.body == Self.expected(7) })
            store.close()
            try FileManager.default.removeItem(atPath: store.store)
            #expect(try Self.await(wire) { $0.status == 503 })
            #expect(try front.curl("/readyz").status == 503)
            #expect(try front.curl("/healthz").status == 200)
            try store.publish([("p1", 8, 1)], offset: 90)
            #expect(try Self.await(wire) { $0.body == Self.expected(8) })
            #expect(try front.curl("/readyz").status == 200)
        }
    }

    @Test func `stores that are swapped back and forth are each followed`() async throws {
        try await RunningFront.with { front, store in
            let wire = try Wire(front.address)
            #expect(try Self.await(wire) { $0.body == Self.expected(7) })
            store.close()
            let kept = store.store + ".kept"
            try FileManager.default.moveItem(atPath: store.store, toPath: kept)
            try store.publish([("p1", 8, 1)], offset: 90)
            #expect(try Self.await(wire) { $0.body == Self.expected(8) })
            // As somebody does who restores yesterday's store by renaming.
            store.close()
            try FileManager.default.moveItem(atPath: store.store, toPath: store.store + ".newer")
            try FileManager.default.moveItem(atPath: kept, toPath: store.store)
            #expect(try Self.await(wire) { $0.body == Self.expected(7) })
        }
    }

    @Test func `it starts into full load without a store, and serves it once it is published`() async throws {
        try await TestStore.with { store in
            let front = try RunningFront(data: store.directory)
            let wires = try (0..<50).map { _ in try Wire(front.address) }
            for wire in wires { #expect(try Self.await(wire) { $0.status == 503 }) }
            try store.publish([("p1", 7, 1)])
            for wire in wires { #expect(try Self.await(wire) { $0.body == Self.expected(7) }) }
            #expect(front.stop() == 0)
        }
    }

    @Test func `a client that takes its time does not keep an ending server for ever`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let front = try RunningFront(
                data: store.directory,
                environment: ["GOALPOST_FRONT_REQUEST_SECONDS": "1", "GOALPOST_FRONT_WRITE_SECONDS": "1"]
            )
            // One that never ends its request, and one that never reads its answers.
            let asking = try Wire(front.address)
            asking.send("GET \(Self.initialize) HTTP/1.1\r\nHost: h\r\n")
            let deaf = try Wire(front.address, receiveBytes: 4096)
            let request = "GET \(Self.initialize) HTTP/1.1\r\nHost: h\r\nx-mock-user-id: p1\r\n\r\n"
            deaf.send(String(repeating: request, count: 400))
            #expect(try front.curl("/healthz").status == 200)
            #expect(front.stop() == 0)
        }
    }
}
