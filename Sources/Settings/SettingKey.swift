/// What one setting is: its kind with unit and range, its default, and its meaning in one line.
package struct SettingKey: Sendable {
    /// What a setting's text may be.
    package enum Kind: Sendable, Equatable {
        /// Any text that is not empty.
        case text
        /// A whole number in `range`, counted in `unit`.
        case number(range: ClosedRange<Int>, unit: String)
        /// One of these words.
        case choice([String])
    }

    package let name: SettingName
    package let kind: Kind
    /// The value when nothing sets it; `nil` where the setting may stay unset.
    package let standard: String?
    /// One line for people: what it does.
    package let meaning: String
    /// Never shown: not in errors, not in listings.
    package let isSecret: Bool

    /// The table: one row a setting, in the order they are listed to people.
    package static let all: [SettingKey] = SettingName.allCases.map(SettingKey.init)

    private init(
        name: SettingName,
        kind: Kind,
        standard: String?,
        meaning: String,
        isSecret: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.meaning = meaning
        self.isSecret = isSecret
    }

    private static let gibibyte = 1 << 30

    /// The row of `name`; a switch, so that a name without a row does not compile.
    package init(_ name: SettingName) {
        switch name {
        case .data:
            self.init(
                name: name,
                kind: .text,
                standard: "/var/lib/goalpost",
                meaning: "The data directory; --data overrides it, and goalpost.yaml inside it cannot set it."
            )
        case .challenges:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "The challenges.json that `goalpost init` starts the log with."
            )
        case .namespace:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "The game's namespace; events of another are counted and dropped."
            )
        case .databaseURL:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "The PostgreSQL to use; without it Goalpost runs its own in the data directory.",
                isSecret: true
            )
        case .partitions:
            self.init(
                name: name,
                kind: .number(range: 1...1024, unit: "partitions"),
                standard: "16",
                meaning: "Hash partitions of the tables; takes effect when they are created."
            )
        case .segmentBytesMax:
            self.init(
                name: name,
                kind: .number(range: 65_536...(16 * Self.gibibyte), unit: "bytes"),
                standard: String(256 << 20),
                meaning: "A segment file is sealed at this size."
            )
        case .segmentSecondsMax:
            self.init(
                name: name,
                kind: .number(range: 1...604_800, unit: "seconds"),
                standard: "3600",
                meaning: "A segment file is sealed at this age."
            )
        case .dedupeEvents:
            self.init(
                name: name,
                kind: .number(range: 0...134_217_728, unit: "events"),
                standard: "1048576",
                meaning: "How many newest events a retried one is recognised among; 0 switches that off."
            )
        case .dedupeSeconds:
            self.init(
                name: name,
                kind: .number(range: 0...31_536_000, unit: "seconds"),
                standard: "0",
                meaning: "For how long, besides, a retried event is recognised; 0 sets no such bound."
            )
        case .foldBatchRecords:
            self.init(
                name: name,
                kind: .number(range: 1...100_000_000, unit: "records"),
                standard: "1000000",
                meaning: "Most records one fold batch reads."
            )
        case .foldBatchBytes:
            self.init(
                name: name,
                kind: .number(range: 1_048_576...(64 * Self.gibibyte), unit: "bytes"),
                standard: String(256 << 20),
                meaning: "Most bytes of parsed events one fold batch holds."
            )
        case .foldConnections:
            self.init(
                name: name,
                kind: .number(range: 1...64, unit: "connections"),
                standard: "2",
                meaning: "PostgreSQL connections a fold works with."
            )
        case .publishBatchPlayers:
            self.init(
                name: name,
                kind: .number(range: 1...20_000, unit: "players"),
                standard: "2000",
                meaning: "Players whose answers one publish transaction stores."
            )
        case .payloadMapBytes:
            self.init(
                name: name,
                kind: .number(range: 1_048_576...(65_536 * Self.gibibyte), unit: "bytes"),
                standard: String(64 * Self.gibibyte),
                meaning: "Address space of the payload store; the file only grows as it fills."
            )
        case .snapshotsKept:
            self.init(
                name: name,
                kind: .number(range: 1...1000, unit: "snapshots"),
                standard: "3",
                meaning: "How many of the newest snapshots `goalpost run snapshot` keeps."
            )
        case .frontListen:
            self.init(
                name: name,
                kind: .text,
                standard: "127.0.0.1:8480",
                meaning: "Where goalpost-front listens, HOST:PORT or [IPV6]:PORT; port 0 takes a free one."
            )
        case .frontMaxAgeSeconds:
            self.init(
                name: name,
                kind: .number(range: 0...86_400, unit: "seconds"),
                standard: "30",
                meaning: "How far apart publishes are: a client may show an answer until the next is due."
            )
        case .frontReadyAgeSeconds:
            self.init(
                name: name,
                kind: .number(range: 0...31_536_000, unit: "seconds"),
                standard: "0",
                meaning: "/readyz fails when the last publish is older than this; 0 lets it be of any age."
            )
        case .frontConnectionsMax:
            self.init(
                name: name,
                kind: .number(range: 1...1_000_000, unit: "connections"),
                standard: "8192",
                meaning: "Clients connected to goalpost-front at once; the next ones get 503 and are closed."
            )
        case .frontHeaderBytesMax:
            self.init(
                name: name,
                kind: .number(range: 512...1_048_576, unit: "bytes"),
                standard: "16384",
                meaning: "Most bytes of a request's target and header fields; more is answered 431."
            )
        case .frontBodyBytesMax:
            self.init(
                name: name,
                kind: .number(range: 0...67_108_864, unit: "bytes"),
                standard: "1048576",
                meaning: "Most bytes of a request's body, which is read and ignored; more is answered 413."
            )
        case .frontIdleSeconds:
            self.init(
                name: name,
                kind: .number(range: 1...86_400, unit: "seconds"),
                standard: "60",
                meaning: "A connection without a request is closed after this time."
            )
        case .frontRequestSeconds:
            self.init(
                name: name,
                kind: .number(range: 1...3600, unit: "seconds"),
                standard: "10",
                meaning: "A request must have arrived whole this long after its first byte, or gets 408."
            )
        case .frontWriteSeconds:
            self.init(
                name: name,
                kind: .number(range: 1...3600, unit: "seconds"),
                standard: "60",
                meaning: "A client must have taken what waits for it in this time, or is disconnected."
            )
        case .frontOperatorTokenFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "A file whose text, as bearer token, opens /metrics to other machines than this one."
            )
        case .frontTLSCertificateFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning:
                    "PEM file of the front's certificate and its chain; with it the front speaks TLS only."
            )
        case .frontTLSKeyFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "PEM file of the certificate's unencrypted private key."
            )
        case .frontStreamsMax:
            self.init(
                name: name,
                kind: .number(range: 1...10_000, unit: "requests"),
                standard: "100",
                meaning: "Requests under way at once on one connection of HTTP/2."
            )
        case .frontThreads:
            self.init(
                name: name,
                kind: .number(range: 0...1024, unit: "threads"),
                standard: "0",
                meaning:
                    "Threads that serve the front's connections; 0 takes as many as there are processors."
            )
        case .tokenKeys:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning:
                    "The JSON Web Key Set that players' tokens are checked with: a file or an http(s) URL.",
                isSecret: true
            )
        case .tokenIssuer:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "Who must have issued players' tokens; unset takes any whose key is known."
            )
        case .tokenRefreshSeconds:
            self.init(
                name: name,
                kind: .number(range: 1...86_400, unit: "seconds"),
                standard: "600",
                meaning: "How often the key set is read anew; keys of before stay while it cannot be."
            )
        case .tokenCacheEntries:
            self.init(
                name: name,
                kind: .number(range: 2...4_194_304, unit: "tokens"),
                standard: "65536",
                meaning: "Verified tokens that each thread of the front remembers until they expire."
            )
        case .ingestURL:
            self.init(
                name: name,
                kind: .text,
                standard: "goalpost-ingest",
                meaning: "Where writes go; the front names it when a client tries to write to it."
            )
        case .ingestListen:
            self.init(
                name: name,
                kind: .text,
                standard: "127.0.0.1:8481",
                meaning: "Where goalpost-ingest listens for HTTP, HOST:PORT; port 0 takes a free one."
            )
        case .ingestQueueBytes:
            self.init(
                name: name,
                kind: .number(range: 1_048_576...(16 * Self.gibibyte), unit: "bytes"),
                standard: String(64 << 20),
                meaning: "Most bytes of events that wait in goalpost-ingest; more is answered 429."
            )
        case .ingestRPCListen:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "Where goalpost-ingest listens for gRPC, HOST:PORT; unset does not."
            )
        case .ingestTLSCertificateFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning:
                    "PEM file of goalpost-ingest's certificate and its chain; with it both protocols speak TLS only."
            )
        case .ingestTLSKeyFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "PEM file of that certificate's unencrypted private key."
            )
        case .ingestTLSClientCAFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning:
                    "PEM file of authorities whose certificates let services in (mTLS); gRPC then insists on one."
            )
        case .ingestTokenFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "SHA-256 hashes of services' bearer tokens, one a line; without it only loopback."
            )
        case .ingestPlayerRate:
            self.init(
                name: name,
                kind: .number(range: 1...1_000_000, unit: "writes a second"),
                standard: "10",
                meaning: "How often a player may write on the long run; more is answered 429."
            )
        case .ingestPlayerBurst:
            self.init(
                name: name,
                kind: .number(range: 1...1_000_000, unit: "writes"),
                standard: "20",
                meaning: "How many writes a player may do at once."
            )
        case .grantURL:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "The webhook that `goalpost run grant` posts rewards to; without it none is sent.",
                isSecret: true
            )
        case .grantTokenFile:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "A file whose one line is sent to the webhook as bearer token."
            )
        case .grantConcurrency:
            self.init(
                name: name,
                kind: .number(range: 1...256, unit: "requests"),
                standard: "8",
                meaning: "Rewards that are on their way to the webhook at once."
            )
        case .grantTimeoutSeconds:
            self.init(
                name: name,
                kind: .number(range: 1...300, unit: "seconds"),
                standard: "10",
                meaning: "A delivery without an answer for this time has failed and is tried again."
            )
        case .grantAttemptsMax:
            self.init(
                name: name,
                kind: .number(range: 1...100, unit: "attempts"),
                standard: "4",
                meaning: "A reward is given up as dead when so many deliveries have failed."
            )
        case .postgresBin:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning:
                    "The directory of initdb and pg_ctl; without it the newest PostgreSQL installed is used."
            )
        case .logLevel:
            self.init(
                name: name,
                kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
                standard: "info",
                meaning: "The least severe log line that is written to stderr."
            )
        case .logFormat:
            self.init(
                name: name,
                kind: .choice(["text", "json"]),
                standard: "text",
                meaning: "How log lines are written: for people, or one JSON object a line."
            )
        case .metricsDirectory:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning: "node_exporter's textfile directory; each run leaves goalpost.prom there."
            )
        case .pingURL:
            self.init(
                name: name,
                kind: .text,
                standard: nil,
                meaning:
                    "Base URL for pings of each run: URL/JOB/start, URL/JOB, and URL/JOB/fail with the error.",
                isSecret: true
            )
        case .jobGapSeconds:
            self.init(
                name: name,
                kind: .number(range: 1...31_536_000, unit: "seconds"),
                standard: "900",
                meaning: "A fold, publish or grant whose last good run is older warns of the gap."
            )
        }
    }
}
