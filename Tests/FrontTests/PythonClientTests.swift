import Foundation
import Front
import TestKit
import Testing

/// Python's usual clients, which decode and keep connections in their own ways.
@Suite struct PythonClientTests {
    static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]

    @Test(
        .enabled(
            if: python != nil,
            "GOALPOST_PYTHON names no Python with requests, httpx and zstandard; jobs/test sets it"
        )
    )
    func `requests and httpx see every header and status as promised`() async throws {
        try await TestStore.with { store in
            let now = Int64(Date.now.timeIntervalSince1970 * 1000)
            try store.publish([("p1", 7, 1)], foldedAt: now - 60_000)
            let front = try RunningFront(
                data: store.directory,
                environment: [
                    "GOALPOST_FRONT_BODY_BYTES_MAX": "1000", "GOALPOST_FRONT_READY_AGE_SECONDS": "3600",
                ]
            )
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "clients.py")
            let (status, output, error) = try Command.run(
                try #require(Self.python),
                [
                    script.path(), "http://\(front.address)",
                    try TestStore.id(TestStore.initializeTemplate).hex,
                ]
            )
            #expect(status == 0, "\(error)")
            #expect(String(decoding: output, as: UTF8.self) == "all as promised\n")
            #expect(front.stop() == 0)
        }
    }
}
