import Foundation
import TestKit
import Testing

/// What systemd hears of the front from its start to its end.
@Suite struct FrontSupervisionTests {
    @Test func `it says when it listens, that it lives and that it ends`() async throws {
        try await TestStore.with { store in
            let inbox = try DatagramInbox(store.directory.appending(path: "notify").path())
            let front = try RunningFront(
                data: store.directory,
                environment: ["NOTIFY_SOCKET": inbox.address, "WATCHDOG_USEC": "400000"]
            )
            #expect(try inbox.next() == "READY=1\nSTATUS=listening on http://\(front.address)")
            // Connections are taken by the time it says so.
            #expect(try front.curl("/healthz").status == 200)
            let clock = ContinuousClock()
            #expect(try inbox.next() == "WATCHDOG=1")
            let start = clock.now
            for _ in 0..<5 { #expect(try inbox.next() == "WATCHDOG=1") }
            // Twice as often as asked for: five beats take a second, and no less than half of it.
            #expect(clock.now - start > .milliseconds(500))
            #expect(front.stop() == 0)
            var last = try inbox.next()
            while last == "WATCHDOG=1" { last = try inbox.next() }
            #expect(last == "STOPPING=1\nSTATUS=finishing the requests that are being answered")
        }
    }

    @Test func `no beat is sent where none is awaited`() async throws {
        try await TestStore.with { store in
            let inbox = try DatagramInbox(store.directory.appending(path: "notify").path())
            let front = try RunningFront(
                data: store.directory,
                environment: [
                    "NOTIFY_SOCKET": inbox.address, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1",
                ]
            )
            #expect(try inbox.next()?.hasPrefix("READY=1\n") == true)
            #expect(front.stop() == 0)
            #expect(try inbox.next()?.hasPrefix("STOPPING=1\n") == true)
        }
    }

    @Test func `a manager that cannot be told is a warning, and players are served`() async throws {
        try await TestStore.with { store in
            let front = try RunningFront(
                data: store.directory,
                environment: ["NOTIFY_SOCKET": "/nonexistent/socket"]
            )
            #expect(try front.curl("/healthz").status == 200)
            #expect(front.stop() == 0)
        }
    }
}
