import Foundation
import StatusPages
import StatusReport
import TestKit
import Testing

/// `/status` as operators meet it: a page and its JSON, whatever the jobs have left.
@Suite struct StatusRouteTests {
    private static func status() -> SystemStatus {
        SystemStatus(
            generatedAt: Date(timeIntervalSince1970: 1_780_000_000),
            program: "test",
            host: "host <1>",
            database: DatabaseStatus(isUp: true),
            jobs: [JobStatus(job: "fold", gapLimitSeconds: 300)]
        )
    }

    private static func write(_ bytes: [UInt8], _ store: TestStore) throws {
        try Data(bytes).write(to: store.directory.appending(path: SystemStatus.fileName))
    }

    @Test func `the page and its JSON show the jobs' file and the store`() async throws {
        try await RunningFront.with { front, store in
            try Self.write(try Self.status().json(), store)
            let page = try front.curl("/status")
            #expect(page.status == 200)
            #expect(page.fields["content-type"] == "text/html; charset=utf-8")
            #expect(page.fields["cache-control"] == "no-store")
            #expect(page.fields["content-security-policy"]?.hasPrefix("default-src 'none'; ") == true)
            let text = String(decoding: page.body, as: UTF8.self)
            #expect(text.contains("<h1>Goalpost on host &lt;1&gt;</h1>"))
            #expect(text.contains("<bdi>initialize</bdi>"))
            let json = try front.curl("/status.json")
            #expect(json.fields["content-type"] == "application/json")
            let view = try StatusJSON.decode(StatusView.self, from: json.body)
            #expect(view.status == Self.status())
            #expect(view.problems == [])
            let shown = try #require(view.store)
            #expect(shown.players == 1 && shown.offset == 40)
            #expect(shown.templates.map(\.bytes) == TestStore.templates.map(\.count))
            #expect(abs(view.now.timeIntervalSinceNow) < 3600)
            let head = try front.curl("/status", ["--head"])
            #expect(head.status == 200 && head.body == [])
            #expect(head.fields["content-length"] != nil)
            let post = try front.curl("/status", ["--data", "x"])
            #expect(post.status == 405 && post.fields["allow"] == "GET, HEAD")
        }
    }

    @Test func `it comes without a file, without a store, and with files that are none`() async throws {
        try await TestStore.with { store in
            let front = try RunningFront(data: store.directory)
            let view = {
                let answer = try front.curl("/status.json")
                #expect(answer.status == 200)
                #expect(try front.curl("/status").status == 200)
                return try StatusJSON.decode(StatusView.self, from: answer.body)
            }
            var seen = try view()
            #expect(seen.status == nil && seen.store == nil && seen.problems == [])
            try Self.write(Array("{\"version\":1}".utf8), store)
            seen = try view()
            #expect(seen.status == nil)
            #expect(seen.problems == ["status.json is no status; the next run of a job writes it anew"])
            var newer = Self.status()
            newer.version = 2
            try Self.write(try newer.json(), store)
            seen = try view()
            #expect(seen.status == nil && seen.problems.first?.contains("version 2") == true)
            try Self.write([UInt8](repeating: 0x20, count: SystemStatus.bytesMax + 1), store)
            seen = try view()
            #expect(seen.problems == ["status.json has more than \(SystemStatus.bytesMax) bytes"])
            #expect(front.stop() == 0)
        }
    }

    @Test func `a job at work is shown by its own file, until that is old`() async throws {
        try await RunningFront.with { front, store in
            try Self.write(try Self.status().json(), store)
            var running = RunningJob(run: "r1", job: "fold", processID: 1, host: "h", startedAt: .now - 60)
            (running.updatedAt, running.percent, running.count) = (.now - 1, 25, 7)
            let jobs = store.directory.appending(path: "jobs")
            try FileManager.default.createDirectory(at: jobs, withIntermediateDirectories: true)
            let write = {
                try Data(try StatusJSON.encode(running)).write(to: jobs.appending(path: "fold.running.json"))
            }
            let job = {
                let view = try StatusJSON.decode(StatusView.self, from: try front.curl("/status.json").body)
                return try #require(view.status?.jobs.first)
            }
            #expect(try job().state == .idle)
            try write()
            #expect(try job().state == .running)
            #expect(try job().running?.percent == 25)
            let page = String(decoding: try front.curl("/status").body, as: UTF8.self)
            #expect(page.contains("running for 1\u{A0}min, 25 %"))
            running.updatedAt = .now - 3600
            try write()
            #expect(try job().state == .idle)
        }
    }

    @Test(arguments: ["/status", "/status.json"])
    func `who comes through a proxy needs the operator's token`(path: String) async throws {
        try await RunningFront.with { front, _ in
            let refused = try front.curl(path, ["--header", "X-Forwarded-For: 10.0.0.1"])
            #expect(refused.status == 403)
            #expect(refused.fields["content-type"] == "application/problem+json")
        }
    }
}
