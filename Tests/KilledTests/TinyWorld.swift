import Disk
import Foundation
import Postgres
import TestKit

/// Inputs small enough that a job on them makes a few hundred calls: seven players, four goals, and some thirty events
/// a batch, each batch a later day.
struct TinyWorld: Sendable {
    static let players = (0..<7).map { "p\($0)" }

    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let volume = LocalVolume()
        try volume.atomicWrite(Array(Self.challenges(target: 5).utf8), to: challenges(0))
        try volume.atomicWrite(Array(Self.challenges(target: 7).utf8), to: challenges(1))
    }

    /// Two files in turn, which differ in a target.
    func challenges(_ number: Int) -> String { directory.path + "/challenges-\(number % 2).json" }

    /// Writes a batch of events and returns its path; a fifth of the lines have no id.
    func events(_ batch: Int) throws -> String {
        let path = directory.path + "/events-\(batch).ndjson"
        let lines = Self.lines(batch).map { $0 + "\n" }.joined()
        try LocalVolume().atomicWrite(Array(lines.utf8), to: path)
        return path
    }

    /// Writes a batch as several files of up to `linesMax` lines each and returns their paths.
    func events(_ batch: Int, linesMax: Int) throws -> [String] {
        let lines = Self.lines(batch).map { $0 + "\n" }
        return try stride(from: 0, to: lines.count, by: linesMax).map { start in
            let path = directory.path + "/events-\(batch)-\(start).ndjson"
            let text = lines[start..<min(start + linesMax, lines.count)].joined()
            try LocalVolume().atomicWrite(Array(text.utf8), to: path)
            return path
        }
    }

    /// A program over a data directory of this world.
    func program(_ name: String, databaseURL: String, _ extra: [String: String] = [:]) throws
        -> TrappedProgram
    {
        let scratch = directory.path + "/\(name)-said"
        try Files.makeDirectory(scratch)
        return TrappedProgram(
            data: directory.path + "/" + name,
            databaseURL: databaseURL,
            scratch: scratch,
            extra: extra
        )
    }

    /// Lines of one batch, in order.
    static func lines(_ batch: Int) -> [String] {
        var lines: [String] = []
        var second = 0
        func add(_ name: String, _ player: String, _ payload: String?) {
            let id = lines.count % 5 == 4 ? "" : #""id":"b\#(batch)-\#(lines.count)","#
            let time = "2026-01-\(padded(5 + batch % 25))T10:\(padded(second / 60)):\(padded(second % 60))Z"
            let rest = payload.map { #","payload":\#($0)"# } ?? ""
            lines.append(
                #"{\#(id)"name":"\#(name)","namespace":"demo","timestamp":"\#(time)","userId":"\#(player)"\#(rest)}"#
            )
            second += 1
        }
        for (number, player) in players.enumerated() {
            add("userLoggedIn", player, nil)
            add(
                "statItemUpdated",
                player,
                #"{"statCode":"kills","latestValue":\#(batch * 3 + number),"inc":1}"#
            )
            add("rewardClaimRequested", player, #"{"challengeId":"c","goalId":"daily"}"#)
            if number % 2 == batch % 2 {
                add(
                    "goalActivationRequested",
                    player,
                    #"{"challengeId":"c","goalId":"kills","isActive":\#(batch % 3 != 2)}"#
                )
            }
            if number == batch % players.count {
                add("rewardClaimRequested", player, #"{"challengeId":"c","goalId":"first"}"#)
            }
        }
        return lines
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func challenges(target: Int) -> String {
        func goal(_ id: String, _ type: String, _ source: String, _ stat: String, _ target: Int) -> String {
            #"{"goalId":"\#(id)","name":"\#(id)","description":"","type":"\#(type)","eventSource":"\#(source)","#
                + #""defaultAssigned":\#(id != "kills"),"requirement":{"statCode":"\#(stat)","operator":">=","#
                + #""targetValue":\#(target)},"reward":{"type":"ITEM","rewardId":"r-\#(id)","quantity":1},"#
                + #""prerequisites":[]}"#
        }
        let goals = [
            goal("first", "absolute", "login", "login", 1), goal("daily", "daily", "login", "login", 1),
            goal("kills", "absolute", "statistic", "kills", target),
            goal("count", "increment", "statistic", "kills", 3),
        ]
        return #"{"challenges":[{"challengeId":"c","name":"C","description":"","goals":["#
            + goals.joined(separator: ",") + "]}]}"
    }
}

/// Databases of the shared test server, copied whole.
enum DatabaseCopy {
    /// Runs statements on the database `postgres` of the server that `url` is on.
    private static func administer(_ url: String, _ statements: [String]) async throws {
        let server = url.split(separator: " ").filter { !$0.hasPrefix("dbname=") } + ["dbname=postgres"]
        let session = TestSession.make(server.joined(separator: " "))
        for statement in statements { try await session.statement(statement) }
        await session.close()
    }

    private static func name(_ url: String) -> String {
        String(url.split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst("dbname=".count) ?? "")
    }

    /// Replaces database `copy` by a copy of the one at `url` and returns its address.
    ///
    /// Sessions in either are ended: the server makes no copy of a database in use.
    static func replace(_ copy: String, by url: String) async throws -> String {
        try await administer(
            url,
            [
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '\(name(url))'",
                "DROP DATABASE IF EXISTS \(copy) WITH (FORCE)",
                "CREATE DATABASE \(copy) TEMPLATE \(name(url)) STRATEGY FILE_COPY",
            ]
        )
        return url.replacing("dbname=\(name(url))", with: "dbname=\(copy)")
    }

    static func drop(_ copy: String, at url: String) async throws {
        try await administer(url, ["DROP DATABASE IF EXISTS \(copy) WITH (FORCE)"])
    }

    /// Ends all other sessions in a database, as a server does whose keepalives got no answer.
    static func endSessions(_ url: String) async throws {
        try await administer(
            url,
            ["SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '\(name(url))'"]
        )
    }
}
