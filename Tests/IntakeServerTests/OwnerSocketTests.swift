import Foundation
import TestKit
import Testing

/// The socket's file, and what happens where it leads nowhere.
@Suite struct OwnerSocketTests {
    private static func expectPrivate(_ path: String) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(attributes[.type] as? FileAttributeType == .typeSocket)
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func ingest(_ server: RunningIngest, _ id: String) throws -> (
        status: Int32, output: String, error: String
    ) {
        let path = server.directory.path + "/line-\(id)"
        try (RunningIngest.login(id) + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return try server.run("goalpost", ["ingest", "--data", server.data, path])
    }

    @Test func `its file lets the owner in only, replaces a dead one and goes with the server`() throws {
        let server = try RunningIngest()
        let socket = server.data + "/log/events/ingest.sock"
        try Self.expectPrivate(socket)
        #expect(try Self.ingest(server, "a").status == 0)
        server.end(SIGKILL)
        #expect(Self.exists(socket))
        // Nobody listens and nobody holds the lock: the program writes by itself.
        #expect(try Self.ingest(server, "b").status == 0)
        try server.start()
        try Self.expectPrivate(socket)
        #expect(try Self.ingest(server, "c").status == 0)
        #expect(server.end() == 0)
        #expect(!Self.exists(socket) && !Self.exists(socket + ".new"))
        #expect(try server.ids() == ["a", "b", "c"])
    }

    @Test func `a path longer than a socket's address will do`() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path + "/" + String(repeating: "deep directory ä/", count: 12) + "end"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let server = try RunningIngest(root: root)
        #expect((server.data + "/log/events/ingest.sock").utf8.count > 200)
        #expect(try Self.ingest(server, "a").status == 0)
        #expect(server.end() == 0)
        #expect(!Self.exists(server.data + "/log/events/ingest.sock"))
        #expect(try server.ids() == ["a"])
    }

    @Test func `where another file has its name, the server goes on without it`() throws {
        let server = try RunningIngest()
        #expect(server.end() == 0)
        let socket = server.data + "/log/events/ingest.sock"
        try "mine".write(toFile: socket, atomically: true, encoding: .utf8)
        try server.start()
        #expect(server.errorText.contains("another file has that name"))
        #expect(try server.post(RunningIngest.login("a")).status == 200)
        let said = try Self.ingest(server, "b")
        #expect(said.status == 75, "\(said)")
        #expect(server.end() == 0)
        #expect(try String(contentsOfFile: socket, encoding: .utf8) == "mine")
        #expect(try server.ids() == ["a"])
    }

    @Test func `where another program than the server holds the log, all end with 75`() throws {
        let server = try RunningIngest()
        server.end(SIGKILL)
        // Its socket is there still, and `goalpost ingest` has the lock while its input is open.
        let holder = Process()
        let input = Pipe()
        holder.executableURL = Command.binaries.appending(path: "goalpost")
        holder.arguments = ["ingest", "--data", server.data, "-"]
        holder.environment = ["GOALPOST_NAMESPACE": "game", "PATH": "/usr/bin:/bin"]
        holder.standardInput = input
        holder.standardError = FileHandle.nullDevice
        try holder.run()
        defer { if holder.isRunning { kill(holder.processIdentifier, SIGKILL) } }
        try input.fileHandleForWriting.write(contentsOf: Data((RunningIngest.login("a") + "\n").utf8))
        let deadline = Date(timeIntervalSinceNow: 120)
        while try server.ids().isEmpty, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
        #expect(try server.ids() == ["a"])
        #expect(Self.exists(server.data + "/log/events/ingest.sock"))
        #expect(try Self.ingest(server, "b").status == 75)
        for arguments in [
            ["challenges", "apply", server.directory.path + "/challenges.json"],
            ["quarantine", "redrive", "--all"],
        ] {
            let said = try server.run("goalpost", arguments + ["--data", server.data])
            #expect(said.status == 75 && said.error.contains("writer"), "\(said)")
        }
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        #expect(holder.terminationStatus == 0)
    }
}
