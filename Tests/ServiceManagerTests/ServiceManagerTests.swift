import Glibc
import ServiceManager
import TestKit
import Testing

/// What a service manager hears, over real sockets.
@Suite struct ServiceManagerTests {
    @Test(arguments: [true, false]) func `messages arrive as datagrams`(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let inbox = try DatagramInbox(
            isAbstract ? "@goalpost-\(getpid())-\(UInt32.random(in: 0 ... .max))" : directory.path + "/notify"
        )
        let manager = try #require(try ServiceManager(environment: ["NOTIFY_SOCKET": inbox.address]))
        #expect(manager.watchdogInterval == nil)
        try manager.send(.ready(status: "listening on\nREADY=0"))
        try manager.send(.alive)
        try manager.send(.stopping(status: "draining"))
        #expect(try inbox.next() == "READY=1\nSTATUS=listening on READY=0")
        #expect(try inbox.next() == "WATCHDOG=1")
        #expect(try inbox.next() == "STOPPING=1\nSTATUS=draining")
    }

    @Test func `without a socket there is nobody to tell`() throws {
        #expect(try ServiceManager(environment: [:]) == nil)
        #expect(try ServiceManager(environment: ["NOTIFY_SOCKET": "", "WATCHDOG_USEC": "1"]) == nil)
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "3000000"], .seconds(3)),
            (["WATCHDOG_USEC": "1", "WATCHDOG_PID": "7"], .microseconds(1)),
            (["WATCHDOG_USEC": "1", "WATCHDOG_PID": "8"], nil),
            (["WATCHDOG_USEC": ""], nil),
            ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func `beats are due to the process that they are awaited from`(
        variables: [String: String],
        interval: Duration?
    ) throws {
        let environment = variables.merging(["NOTIFY_SOCKET": "@x"]) { $1 }
        #expect(try ServiceManager(environment: environment, processID: 7)?.watchdogInterval == interval)
    }

    @Test(
        arguments: [
            (["NOTIFY_SOCKET": "relative"], "NOTIFY_SOCKET"),
            (["NOTIFY_SOCKET": "@"], "NOTIFY_SOCKET"),
            (["NOTIFY_SOCKET": "vsock:2:1234"], "NOTIFY_SOCKET"),
            (["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 107)], "NOTIFY_SOCKET"),
            (["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "soon"], "WATCHDOG_USEC"),
            (["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "0"], "WATCHDOG_USEC"),
            (["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "me"], "WATCHDOG_PID"),
        ] as [([String: String], String)]
    )
    func `what no manager sets is refused by name`(environment: [String: String], name: String) throws {
        let error = #expect(throws: ServiceManagerError.self) {
            try ServiceManager(environment: environment)
        }
        #expect(error?.description.hasPrefix(name + " ") == true)
    }

    @Test func `the longest path and the longest name fit`() throws {
        for first in ["/", "@"] {
            let longest = first + String(repeating: "x", count: first == "/" ? 106 : 107)
            let manager = try #require(try ServiceManager(environment: ["NOTIFY_SOCKET": longest]))
            #expect(throws: ServiceManagerError.self) { try manager.send(.alive) }
        }
    }

    @Test func `a manager that is gone or does not read is an error, not a wait`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notify"
        let manager = try #require(try ServiceManager(environment: ["NOTIFY_SOCKET": path]))
        let error = #expect(throws: ServiceManagerError.self) { try manager.send(.alive) }
        #expect(error == .cannotSend(socket: path, reason: "No such file or directory"))
        let inbox = try DatagramInbox(path)
        var sent = 0
        let full = #expect(throws: ServiceManagerError.self) {
            // More than any queue of the system holds.
            for _ in 0..<1_000_000 {
                try manager.send(.alive)
                sent += 1
            }
        }
        #expect(full == .cannotSend(socket: path, reason: "Resource temporarily unavailable"))
        for _ in 0..<sent { #expect(try inbox.next() == "WATCHDOG=1") }
    }
}
