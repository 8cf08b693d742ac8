import Foundation
import Glibc
import TestKit
import Testing

/// `goalpost-ingest`, killed at random calls while a client sends, and started again.
///
/// The client sends lines, a few a request, and sends a request again until it is acknowledged; so every line must be in
/// the log once, in order.
struct ServerKillChain {
    /// Lines of one request.
    private static let linesEach = 3
    /// Requests after which a server that was not killed is ended.
    private static let requestsMax = 40

    /// Tries without an answer, a millisecond or more each, after which a server counts as stuck.
    private static let missesMax = 60_000

    private let seed: UInt64
    private let world: TinyWorld
    private let program: TrappedProgram
    private let portFile: String

    init(seed: UInt64) throws {
        self.seed = seed
        world = try TinyWorld()
        // No database is asked for.
        program = try world.program("server", databaseURL: "")
        portFile = world.directory.path + "/port"
    }

    /// Kills the server so many times, then compares.
    func run(kills: Int) async throws -> KillTally {
        var random = SplitMix64(seed: seed)
        var tally = KillTally()
        try await program.succeed(["init", "--challenges", world.challenges(0)])
        var acknowledged: [String] = []
        var request = 0
        // A run that ends before its call comes is no kill; that does not go on for ever.
        for _ in 0..<(kills * 3) where tally.total < kills {
            var trap = Trap(number: 1 + Int(random.next() % 60))
            switch random.next() % 8 {
            case 0: trap.deed = .killAfter
            case 1: trap.deed = .tear
            default: trap.deed = .killBefore
            }
            let (first, sent) = (
                request,
                try await OffPool.run { [request, trap] in
                    try send(trap, from: request)
                }
            )
            request = sent.next
            acknowledged += (first..<request).flatMap(ids)
            if let kind = sent.killedAt { tally.count("goalpost-ingest", kind) }
        }
        #expect(tally.total >= kills, "seed \(seed)")
        // What was sent last may be in the log without its acknowledgement.
        try await program.succeed(["log", "cat"])
        let lines = program.output.split(separator: "\n")
        let found = lines.compactMap { $0.split(separator: #""id":""#).last?.split(separator: "\"").first }
            .map(String.init)
        let unanswered = ids(request)
        #expect(
            found.starts(with: acknowledged)
                && unanswered.starts(with: found.dropFirst(acknowledged.count)),
            "seed \(seed): \(found.count) records, \(acknowledged.count) acknowledged"
        )
        #expect(acknowledged.count > kills, "seed \(seed)")
        try await program.succeed(["log", "verify"])
        return tally
    }

    private func ids(_ request: Int) -> [String] { (0..<Self.linesEach).map { "r\(request)-\($0)" } }

    private func body(_ request: Int) -> String {
        ids(request).map {
            #"{"id":"\#($0)","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z","userId":"u"}"#
        }.joined(separator: "\n") + "\n"
    }

    /// Starts the server and sends requests from number `from` on, until it goes.
    private func send(_ trap: Trap, from: Int) throws -> (next: Int, killedAt: String?) {
        try Files.remove(portFile)
        let process = try program.start(
            ["--http", "127.0.0.1:0", "--port-file", portFile, "--insecure-header-auth"],
            trap,
            of: "goalpost-ingest"
        )
        var next = from
        var misses = 0
        var change = try process.poll()
        while change == nil, next - from < Self.requestsMax, misses < Self.missesMax {
            if let port = port(), LineClient.post(body(next), port: port) {
                (next, misses) = (next + 1, 0)
            } else {
                // It does not listen yet, or is about to be gone. Only how often that is looked for, in milliseconds.
                misses += 1
                Glibc.poll(nil, 0, 1)
            }
            change = try process.poll()
        }
        if change == nil {
            // All was taken; a server that takes nothing for so long is ended, too, and is a failure.
            process.send(misses == 0 ? SIGTERM : SIGABRT)
            change = try process.wait()
        }
        let report = try TrapReport(path: program.scratch + "/report")
        switch change {
        case .killed(by: SIGKILL)?: return (next, report.done.first?.kind)
        case .exited(0)?: return (next, nil)
        default:
            let said = FileManager.default.contents(atPath: program.scratch + "/error") ?? Data()
            throw TrappedProgram.Failed(
                description:
                    "seed \(seed), \(trap): \(String(describing: change)) \(String(decoding: said, as: UTF8.self))"
            )
        }
    }

    private func port() -> UInt16? {
        guard let bytes = FileManager.default.contents(atPath: portFile) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: ":").last
            .flatMap { UInt16($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}

/// Sends lines over HTTP/1.1, a connection for each request.
enum LineClient {
    /// Seconds without a byte after which a server counts as gone.
    private static let secondsMax = 60

    /// Whether the server acknowledged all of them; false also where the connection broke.
    static func post(_ lines: String, port: UInt16) -> Bool {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else { return false }
        defer { close(connection) }
        var limit = timeval(tv_sec: secondsMax, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return false }
        let text =
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
            + "Connection: close\r\nContent-Length: \(lines.utf8.count)\r\n\r\n" + lines
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = Array(rest).withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return false }
            answer += chunk[..<count]
            let said = String(decoding: answer, as: UTF8.self)
            // An answer lists each of so few events, and the list is its last member.
            guard said.contains("\r\n\r\n"), said.hasSuffix("]}\n") else { continue }
            return said.hasPrefix("HTTP/1.1 200") && said.contains(#""rejected":0"#)
        }
    }
}
