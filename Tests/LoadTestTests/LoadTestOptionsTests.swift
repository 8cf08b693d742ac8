import LoadTest
import Testing

@Suite struct LoadTestOptionsTests {
    @Test func `the defaults fit`() throws { try LoadTestOptions().check() }

    @Test func `each number out of its range is named`() {
        let changes: [(String, (inout LoadTestOptions) -> Void)] = [
            ("--requests-per-second", { $0.requestsPerSecond = -1 }),
            ("--requests-per-second", { $0.requestsPerSecond = .nan }),
            ("--events-per-second", { $0.eventsPerSecond = -0.5 }),
            ("--events-per-second", { $0.eventsPerSecond = .infinity }),
            ("--duration", { $0.durationSeconds = 0 }),
            ("--warm-up", { $0.warmUpSeconds = -1 }),
            ("--initialize-wave", { $0.initializeSeconds = 100_000 }),
            ("--players", { $0.players = 99 }),
            ("--goals", { $0.goals = 0 }),
            ("--goals", { $0.goals = 1_001 }),
            ("--connections", { $0.connections = 0 }),
            ("--event-connections", { $0.eventConnections = 2_000 }),
            ("--linger", { $0.lingerMilliseconds = 1_001 }),
            ("--queue", { $0.queueMax = 0 }),
            ("--timeout", { $0.timeoutSeconds = 0 }),
            ("--cycle-seconds", { $0.cycleSeconds = 0 }),
            ("--partitions", { $0.partitions = 0 }),
            ("--encoding", { $0.codings = nil }),
            ("--requests-per-second", { ($0.requestsPerSecond, $0.eventsPerSecond) = (0, 0) }),
        ]
        for (name, change) in changes {
            var options = LoadTestOptions()
            change(&options)
            do throws(LoadTestError) {
                try options.check()
                Issue.record("\(name) was taken")
            } catch {
                #expect("\(error)".contains(name), "\(error)")
            }
        }
    }

    @Test func `goals are laid out in challenges`() {
        var options = LoadTestOptions()
        for (goals, challenges, each) in [(500, 10, 50), (7, 1, 7), (10, 10, 1), (10_000, 10, 1_000)] {
            options.goals = goals
            #expect(options.challengeCount == challenges && options.goalsPerChallenge == each)
        }
    }

    @Test func `the front's cache of tokens is as large as its setting allows`() {
        var options = LoadTestOptions()
        for (players, entries) in [(1, 2), (100, 100), (4_194_304, 4_194_304), (50_000_000, 4_194_304)] {
            options.players = players
            #expect(options.tokenCacheEntries == entries)
        }
    }

    @Test func `weights of codings are read, and nothing else`() {
        #expect(CodingMix("gzip")?.text == "gzip")
        #expect(CodingMix("gzip=7,dcz=1")?.text == "gzip=7,dcz=1")
        for text in ["", "br", "gzip,", "gzip=0", "gzip=-1", "gzip=x", "gzip=1,gzip=2", "gzip=1=2"] {
            #expect(CodingMix(text) == nil, "\(text)")
        }
    }

    @Test func `addresses are read, and nothing else`() {
        #expect(HostPort("http://127.0.0.1:8480/")?.text == "127.0.0.1:8480")
        #expect(HostPort("[::1]:80")?.host == "::1")
        for text in ["", "localhost", "host:0", "host:70000", "host:x", ":80", "a b:80", "http://h:80/path"] {
            #expect(HostPort(text) == nil, "\(text)")
        }
    }
}
