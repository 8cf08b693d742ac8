import Foundation
import Settings
import Testing

@Suite struct SettingsTests {
    private static func withDirectory<Value>(
        yaml: String? = nil,
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        let directory = FileManager.default.temporaryDirectory.appending(path: "goalpost-settings-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(at: directory) } catch { Issue.record(error) } }
        if let yaml {
            try Data(yaml.utf8).write(to: directory.appending(path: "goalpost.yaml"))
        }
        return try await body(directory.path())
    }

    private static func error(
        yaml: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> SettingsError? {
        try await withDirectory(yaml: yaml) { directory in
            do throws(SettingsError) {
                _ = try await Settings.load(data: directory, environment: environment)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func `nothing set gives the documented defaults`() async throws {
        let settings = try await Self.withDirectory { try await Settings.load(data: $0, environment: [:]) }
        #expect(settings.partitions == 16)
        #expect(settings.segmentBytesMax == 268_435_456)
        #expect(settings.segmentSecondsMax == 3600)
        #expect(settings.dedupeEvents == 1_048_576)
        #expect(settings.dedupeSeconds == 0)
        #expect(settings.foldBatchRecords == 1_000_000)
        #expect(settings.foldBatchBytes == 268_435_456)
        #expect(settings.foldConnections == 2)
        #expect(settings.publishBatchPlayers == 2000)
        #expect(settings.payloadMapBytes == 68_719_476_736)
        #expect(settings.frontListen == "127.0.0.1:8480")
        #expect(settings.frontMaxAgeSeconds == 30)
        #expect(settings.frontReadyAgeSeconds == 0)
        #expect(settings.frontConnectionsMax == 8192)
        #expect(settings.frontHeaderBytesMax == 16_384)
        #expect(settings.frontBodyBytesMax == 1_048_576)
        #expect(settings.frontIdleSeconds == 60)
        #expect(settings.frontRequestSeconds == 10)
        #expect(settings.frontWriteSeconds == 60)
        #expect(settings.frontOperatorTokenFile == nil)
        #expect(settings.tokenKeys == nil && settings.tokenIssuer == nil)
        #expect(settings.tokenRefreshSeconds == 600)
        #expect(settings.tokenCacheEntries == 65_536)
        #expect(settings.frontTLSCertificateFile == nil && settings.frontTLSKeyFile == nil)
        #expect(settings.frontStreamsMax == 100 && settings.frontThreads == 0)
        #expect(settings.ingestURL == "goalpost-ingest")
        #expect(settings.logLevel == "info")
        #expect(settings.challenges == nil && settings.namespace == nil && settings.databaseURL == nil)
    }

    @Test func `a variable wins over the file, and the file over the default`() async throws {
        let yaml = """
            # What this game uses.
            partitions: 8
            namespace: "demo"
            fold_connections: 4
            """
        let settings = try await Self.withDirectory(yaml: yaml) {
            try await Settings.load(data: $0, environment: ["GOALPOST_PARTITIONS": "32", "PATH": "/bin"])
        }
        #expect(settings.partitions == 32)
        #expect(settings.namespace == "demo")
        #expect(settings.foldConnections == 4)
        let sources = Dictionary(uniqueKeysWithValues: settings.resolved.map { ($0.name, $0.source) })
        #expect(sources[.partitions] == .variable("GOALPOST_PARTITIONS"))
        guard case .file(_, key: "namespace")? = sources[.namespace] else {
            Issue.record("namespace came from \(String(describing: sources[.namespace]))")
            return
        }
        #expect(sources[.logLevel] == .standard)
    }

    @Test func `the option --data wins over GOALPOST_DATA, and its file is the one that is read`()
        async throws
    {
        try await Self.withDirectory(yaml: "partitions: 4") { chosen in
            try await Self.withDirectory(yaml: "partitions: 2") { other in
                let environment = ["GOALPOST_DATA": other]
                let byOption = try await Settings.load(data: chosen, environment: environment)
                #expect(byOption.data == chosen)
                #expect(byOption.partitions == 4)
                let byVariable = try await Settings.load(environment: environment)
                #expect(byVariable.data == other)
                #expect(byVariable.partitions == 2)
            }
        }
    }

    @Test func `a command line option wins over the variable and is named in its error`() async throws {
        try await Self.withDirectory(yaml: "log_level: debug") { directory in
            let environment = ["GOALPOST_LOG_LEVEL": "error"]
            let settings = try await Settings.load(
                data: directory,
                options: [.logLevel: (option: "--log-level", text: "trace")],
                environment: environment
            )
            #expect(settings.logLevel == "trace")
            do throws(SettingsError) {
                _ = try await Settings.load(
                    data: directory,
                    options: [.logLevel: (option: "--log-level", text: "loud")],
                    environment: environment
                )
                Issue.record("a bad option was accepted")
            } catch {
                #expect(error.description.hasPrefix("option --log-level is loud"))
            }
        }
    }

    @Test func `an empty variable counts as unset`() async throws {
        let settings = try await Self.withDirectory(yaml: "partitions: 4") {
            try await Settings.load(
                data: $0,
                environment: ["GOALPOST_PARTITIONS": "", "GOALPOST_DATABASE_URL": ""]
            )
        }
        #expect(settings.partitions == 4)
        #expect(settings.databaseURL == nil)
    }

    @Test func `an unknown variable is refused with the nearest name`() async throws {
        let error = try await Self.error(environment: ["GOALPOST_PARTITION": "4"])
        #expect(error == .unknownVariable("GOALPOST_PARTITION", nearest: "GOALPOST_PARTITIONS"))
    }

    @Test func `the test suite's own variables are no settings and no mistakes`() async throws {
        #expect(try await Self.error(environment: ["GOALPOST_PYTHON": "/usr/bin/python3"]) == nil)
    }

    @Test(arguments: [
        ("fold-connections: 3", "fold-connections", "fold_connections"),
        ("front:\n  listen: 1.2.3.4:80", "front.listen", "front_listen"),
        ("databse_url: x", "databse_url", "database_url"),
    ])
    func `an unknown key is refused with the file and the nearest key`(
        yaml: String,
        key: String,
        nearest: String
    ) async throws {
        let error = try await Self.error(yaml: yaml)
        guard case .unknownKey(key, let path, nearest: nearest)? = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(path.hasSuffix("/goalpost.yaml"))
        #expect(error?.description.contains(path) == true)
    }

    @Test func `the data directory cannot be set by the file inside it`() async throws {
        guard case .dataInFile? = try await Self.error(yaml: "data: /elsewhere") else {
            Issue.record("data in the file was accepted")
            return
        }
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n# nothing\n", "   \t\n"])
    func `a file that says nothing gives nothing`(yaml: String) async throws {
        #expect(try await Self.error(yaml: yaml) == nil)
    }

    @Test(arguments: ["- a\n- b\n", "just words\n", "a: [1\n", "\u{1}"])
    func `a file that is no mapping is refused by name`(yaml: String) async throws {
        guard case .malformed(let path, let reason)? = try await Self.error(yaml: yaml) else {
            Issue.record("accepted \(yaml.debugDescription)")
            return
        }
        #expect(path.hasSuffix("goalpost.yaml"))
        #expect(!reason.isEmpty && !reason.contains("\n"))
    }

    @Test(arguments: ["partitions: [1, 2]", "partitions:", "namespace: ''", "namespace: ~"])
    func `a list or an empty value is refused`(yaml: String) async throws {
        guard case .notAValue(source: .file)? = try await Self.error(yaml: yaml) else {
            Issue.record("accepted \(yaml)")
            return
        }
    }

    @Test func `a key given twice is refused`() async throws {
        guard case .malformed? = try await Self.error(yaml: "partitions: 1\npartitions: 2\n") else {
            Issue.record("a repeated key was accepted")
            return
        }
    }

    @Test func `a huge file is refused before it is parsed`() async throws {
        let yaml = String(repeating: "# comment\n", count: SettingsFile.bytesMax / 10 + 1)
        guard case .tooLarge? = try await Self.error(yaml: yaml) else {
            Issue.record("a file over the limit was read")
            return
        }
    }

    @Test func `a directory in the file's place is unreadable, not absent`() async throws {
        try await Self.withDirectory { directory in
            try FileManager.default.createDirectory(
                atPath: directory + "/goalpost.yaml",
                withIntermediateDirectories: false
            )
            await #expect(throws: SettingsError.self) {
                try await Settings.load(data: directory, environment: [:])
            }
        }
    }

    @Test(arguments: ["4.5", "four", "4 ", "0x10", "99999999999999999999"])
    func `what is no whole number is refused with its unit`(text: String) async throws {
        let error = try await Self.error(environment: ["GOALPOST_PARTITIONS": text])
        let source = SettingSource.variable("GOALPOST_PARTITIONS")
        #expect(error == .notANumber(shown: text, source: source, unit: "partitions"))
    }

    @Test(arguments: SettingKey.all)
    func `a number is accepted at both ends of its range and refused beyond`(key: SettingKey) async throws {
        guard case .number(let range, let unit) = key.kind else { return }
        for inside in [range.lowerBound, range.upperBound] {
            #expect(try await Self.error(environment: [key.name.variable: String(inside)]) == nil)
        }
        for outside in [range.lowerBound - 1, range.upperBound + 1] {
            let error = try await Self.error(environment: [key.name.variable: String(outside)])
            let source = SettingSource.variable(key.name.variable)
            #expect(error == .outOfRange(outside, source: source, range: range, unit: unit))
            #expect(error?.description.contains("\(range.lowerBound) to \(range.upperBound)") == true)
        }
    }

    @Test func `a secret is never shown`() async throws {
        let url = "postgres://user:hunter2@db/goalpost"
        let settings = try await Self.withDirectory {
            try await Settings.load(data: $0, environment: ["GOALPOST_DATABASE_URL": url])
        }
        #expect(settings.databaseURL == url)
        let shown = settings.resolved.first { $0.name == .databaseURL }
        #expect(shown?.shown == ResolvedSetting.redacted)
        #expect(!String(describing: settings.resolved).contains("hunter2"))
    }

    @Test(arguments: [
        "namespace: x\n  database_url: postgres://u:hunter2@db/g\n", "database_url: 'postgres://u:hunter2@db",
        "database_url: [postgres://u:hunter2@db", "- postgres://u:hunter2@db",
    ])
    func `a broken file's error does not quote it`(yaml: String) async throws {
        let error = try #require(try await Self.error(yaml: yaml, environment: [:]))
        #expect(!"\(error)".contains("hunter2"), "\(error)")
        #expect("\(error)".contains("goalpost.yaml"))
    }
}
