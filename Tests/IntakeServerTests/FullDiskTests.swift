import Foundation
import TestKit
import Testing

@Suite struct FullDiskTests {
    /// Only root may mount a small file system.
    private static let canMount = getuid() == 0

    private static func mount(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments)")
    }

    /// An event that does not compress.
    private static func event(_ id: String, _ random: inout SplitMix64) -> String {
        let noise = Data((0..<30_000).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        return
            #"{"id":"\#(id)","name":"userLoggedIn","namespace":"game","userId":"u","x":"\#(noise.base64EncodedString())"}"#
    }

    @Test(.enabled(if: canMount, "mounting a tmpfs of 16 MiB needs root"))
    func `a full file system is said, loses nothing, and is left behind without a new start`() throws {
        let directory = try TemporaryDirectory()
        let small = directory.path + "/small"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
        try Self.mount("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small)
        defer { umount2(small, Int32(MNT_DETACH)) }
        let ballast = small + "/ballast"
        try Data(count: 6 << 20).write(to: URL(filePath: ballast))
        let server = try RunningIngest(root: small)
        var random = SplitMix64(seed: 7)
        var acknowledged: [String] = []
        var refusal: (status: Int, body: String)?
        for number in 0..<200 where refusal == nil {
            let ids = (0..<10).map { "e\(number)-\($0)" }
            let body = ids.map { Self.event($0, &random) }.joined(separator: "\n")
            let said = try server.post(body, type: "application/x-ndjson")
            if said.status == 200 { acknowledged += ids } else { refusal = said }
        }
        #expect(
            refusal?.status == 503 && refusal?.body.contains("LOG_UNAVAILABLE") == true,
            "\(refusal as Any)"
        )
        #expect(acknowledged.count >= 50)
        #expect(server.errorText.contains("free space"), "\(server.errorText.suffix(500))")
        // Reading goes on.
        #expect(try server.ids() == acknowledged)
        try FileManager.default.removeItem(atPath: ballast)
        let deadline = Date(timeIntervalSinceNow: 60)
        var status = 0
        while status != 200, Date() < deadline {
            status = try server.post(Self.event("after", &random)).status
            if status != 200 { Thread.sleep(forTimeInterval: 0.05) }
        }
        #expect(status == 200)
        #expect(try server.curl("/readyz", []).status == 200)
        #expect(server.end() == 0)
        #expect(try server.ids() == acknowledged + ["after"])
    }
}
