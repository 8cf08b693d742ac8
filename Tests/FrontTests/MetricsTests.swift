import Foundation
import Front
import TestKit
import Testing

@Suite struct MetricsTests {
    private static let player = ["--header", "x-mock-user-id: p1"]

    /// Samples by name and labels, after checking that the page is one that Prometheus reads.
    private static func samples(_ body: [UInt8]) throws -> [String: Double] {
        var samples: [String: Double] = [:]
        var families: Set<Substring> = []
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                #expect(families.insert(words[2]).inserted, "\(line)")
                #expect(["counter", "gauge", "histogram"].contains(words[3]))
            } else if !line.hasPrefix("# HELP ") {
                let space = try #require(line.lastIndex(of: " "))
                let name = String(line[..<space])
                #expect(samples[name] == nil, "\(name) is there twice")
                let value = Double(line[line.index(after: space)...])
                let read: Double = try #require(value, "\(line)")
                samples[name] = read
                let family = name.prefix { $0 != "{" }
                let isKnown = families.contains { family == $0 || family.hasPrefix("\($0)_") }
                #expect(isKnown, "\(name) has no family")
            }
        }
        return samples
    }

    @Test func `requests are counted by route, encoding and status, over all event loops`() async throws {
        try await RunningFront.with { front, store in
            for _ in 0..<30 {
                _ = try front.curl("/challenge/v1/challenges/initialize", Self.player)
            }
            for _ in 0..<3 {
                _ = try front.curl(
                    "/challenge/v1/challenges",
                    Self.player + ["--header", "Accept-Encoding: zstd"]
                )
            }
            _ = try front.curl(
                "/challenge/v1/challenges?active_only=true",
                Self.player + ["--header", "Accept-Encoding: gzip"]
            )
            let dictionary = try TestStore.id(TestStore.challengesTemplate).structuredField
            let dcz = ["--header", "Accept-Encoding: dcz", "--header", "Available-Dictionary: \(dictionary)"]
            _ = try front.curl("/challenge/v1/challenges", Self.player + dcz)
            _ = try front.curl("/challenge/v1/challenges", Self.player + ["--header", "If-None-Match: *"])
            _ = try front.curl("/challenge/v1/challenges")
            _ = try front.curl("/nothing")
            _ = try front.curl("/healthz")
            let page = try front.curl("/metrics")
            #expect(page.status == 200)
            #expect(page.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(page.fields["cache-control"] == "no-store")
            let samples = try Self.samples(page.body)
            for (labels, count) in [
                ("route=\"initialize\",encoding=\"identity\",status=\"200\"", 30.0),
                ("route=\"challenges\",encoding=\"zstd\",status=\"200\"", 3),
                ("route=\"challenges_active_only\",encoding=\"gzip\",status=\"200\"", 1),
                ("route=\"challenges\",encoding=\"dcz\",status=\"200\"", 1),
                ("route=\"challenges\",encoding=\"identity\",status=\"304\"", 1),
                ("route=\"challenges\",encoding=\"identity\",status=\"401\"", 1),
                ("route=\"other\",encoding=\"identity\",status=\"404\"", 1),
                ("route=\"healthz\",encoding=\"identity\",status=\"200\"", 1),
            ] { #expect(samples["challenge_api_requests_total{\(labels)}"] == count, "\(labels)") }
            let name = "challenge_api_request_duration_seconds"
            #expect(samples["\(name)_count{route=\"initialize\"}"] == 30)
            #expect(samples["\(name)_bucket{route=\"initialize\",le=\"+Inf\"}"] == 30)
            let seconds = try #require(samples["\(name)_sum{route=\"initialize\"}"])
            #expect(seconds > 0 && seconds < 30)
            #expect(samples["challenge_api_connections_total"] == 40)
            #expect(samples["goalpost_store_up"] == 1)
            #expect(samples["goalpost_store_players"] == 1)
            #expect(samples["goalpost_offset"] == 40)
            #expect(try #require(samples["goalpost_store_used_bytes"]) > 20_000)
            #expect(try #require(samples["challenge_payload_age_seconds"]) > 1_000_000)
            #expect(try #require(samples["goalpost_templates_ready"]) >= 3)
            for figure in [
                "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_cpu_seconds_total",
                "process_open_fds", "process_max_fds", "goalpost_store_map_bytes",
                "goalpost_store_reader_slots",
                "challenge_api_connections", "challenge_api_connections_max",
                "challenge_api_body_bytes_total",
            ] { #expect(try #require(samples[figure], "\(figure)") > 0, "\(figure)") }
        }
    }

    private static let promtool = "/usr/bin/promtool"

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: promtool),
            "no promtool here; jobs/install-needs test installs it"
        )
    )
    func `promtool finds nothing to mend`() async throws {
        try await RunningFront.with { front, store in
            _ = try front.curl("/challenge/v1/challenges", Self.player)
            let file = store.directory.appending(path: "metrics.txt")
            try Data(try front.curl("/metrics").body).write(to: file)
            let check = "exec \(Self.promtool) check metrics <'\(file.path())'"
            let result = try Command.run("/bin/sh", ["-c", check])
            #expect(result.status == 0, "\(String(decoding: result.output, as: UTF8.self))\(result.error)")
        }
    }

    @Test func `without a store there are figures all the same`() async throws {
        try await TestStore.with { store in
            let front = try RunningFront(data: store.directory)
            let samples = try Self.samples(try front.curl("/metrics").body)
            #expect(samples["goalpost_store_up"] == 0)
            #expect(samples["goalpost_store_players"] == nil)
            #expect(front.stop() == 0)
        }
    }

    @Test(arguments: ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "Via: 1.1 proxy"])
    func `who comes through a proxy is not this machine`(field: String) async throws {
        try await RunningFront.with { front, _ in
            let refused = try front.curl("/metrics", ["--header", field])
            #expect(refused.status == 403)
            #expect(String(decoding: refused.body, as: UTF8.self).contains("\"errorCode\":\"FORBIDDEN\""))
        }
    }

    @Test func `the operator's token opens them to other machines`() async throws {
        try await TestStore.with { store in
            let token = store.directory.appending(path: "token")
            try Data(" \n0123456789abcdef\n".utf8).write(to: token)
            let front = try RunningFront(
                data: store.directory,
                environment: ["GOALPOST_FRONT_OPERATOR_TOKEN_FILE": token.path()]
            )
            let proxy = ["--header", "Via: 1.1 proxy"]
            for wrong in [
                [], ["--header", "Authorization: Bearer 0123456789abcdeF"],
                ["--header", "Authorization: Bearer "],
                ["--header", "Authorization: Bearer 0123456789abcdef0"],
                ["--header", "Authorization: 0123456789abcdef"],
                ["--header", "Authorization: Basic 0123456789abcdef"],
            ] {
                let refused = try front.curl("/metrics", proxy + wrong)
                #expect(refused.status == 401)
                #expect(refused.fields["www-authenticate"] == "Bearer realm=\"operator\"")
                #expect(
                    String(decoding: refused.body, as: UTF8.self).contains("\"errorCode\":\"UNAUTHORIZED\"")
                )
            }
            let right = ["--header", "Authorization: Bearer 0123456789abcdef"]
            #expect(try front.curl("/metrics", proxy + right).status == 200)
            #expect(try front.curl("/metrics").status == 200)
            #expect(front.stop() == 0)
        }
    }
}
