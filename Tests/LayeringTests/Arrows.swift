/// Who may import whom.
///
/// A room that is not in this table does not belong to the house.
enum Arrows {
    /// Modules of the system that rooms outside the pure core may use.
    static let system: Set<String> = [
        "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization",
    ]

    /// Rooms without I/O, clock or randomness: same input, same bytes.
    static let pureCore: Set<String> = [
        "Goals", "Fold", "Replay", "Payloads", "SampleData", "Charts", "Reports",
    ]

    /// Files of the pure core that need a system module all the same, for something as pure as they are.
    static let coreExceptions: [String: (modules: Set<String>, reason: String)] = [
        "Sources/Goals/LineEnd.swift": (["Glibc", "Darwin"], "memchr finds a newline several times faster."),
        "Sources/Payloads/Template.swift": (["Foundation"], "Crypto hashes Foundation's DataProtocol only."),
    ]

    /// Rooms that hold a C handle, with the door that they alone may open.
    static let doors: [String: String] = [
        "Zstd": "CZstd", "Deflate": "CDeflate", "Igzip": "CIgzip", "Inflate": "CZlib", "LMDB": "CLMDB",
        "Postgres": "CLibpq",
    ]

    /// Everything a room may import besides ``system``: other rooms and the packages its work needs.
    static let allowed: [String: Set<String>] = [
        // Handles.
        "Zstd": ["CZstd"],
        "Deflate": ["CDeflate"],
        "Igzip": ["CIgzip"],
        "Inflate": ["CZlib"],
        "LMDB": ["CLMDB"],
        "Postgres": ["CLibpq", "BlockingLane"],
        // Machine room.
        "Disk": [],
        "BlockingLane": [],
        "LogLines": ["Logging"],
        "Listening": [],
        "StatusReport": [],
        "Cluster": ["Subprocess", "SystemPackage"],
        "Settings": ["Configuration"],
        "ServiceManager": [],
        "Certificates": ["NIOCertificateReloading", "Logging"],
        "Webhook": ["AsyncHTTPClient", "NIOCore", "NIOHTTP1"],
        // Pure core.
        "Goals": [],
        "Fold": ["Goals"],
        "Replay": ["Fold", "Goals"],
        "Payloads": ["Goals", "Zstd", "Crypto"],
        "SampleData": ["Goals"],
        "Charts": [],
        "Reports": ["Charts", "Goals"],
        // Stages.
        "EventLog": ["BlockingLane", "Disk", "Zstd"],
        "Ingest": ["Disk", "EventLog", "Goals", "Zstd"],
        "IngestLink": ["Ingest", "Listening", "AsyncHTTPClient", "NIOCore", "NIOHTTP1"],
        "Intake": ["BlockingLane", "Disk", "EventLog", "Goals", "Ingest"],
        "IntakeServer": [
            "APIDocs", "Certificates", "Goals", "Inflate", "Ingest", "Intake", "Listening", "Tokens", "Zstd",
            "Hummingbird",
            "HummingbirdCore", "HummingbirdTLS", "HTTPTypes", "NIOCertificateReloading", "NIOCore",
            "NIOPosix",
            "NIOSSL", "Logging",
        ],
        "RPCMessages": ["GRPCCore", "GRPCProtobuf", "SwiftProtobuf"],
        "IngestRPC": [
            "Certificates", "Goals", "Ingest", "Intake", "Listening", "RPCMessages", "Tokens", "GRPCCore",
            "GRPCNIOTransportHTTP2Posix", "SwiftProtobuf", "NIOCore", "NIOSSL", "Logging",
        ],
        "Partitions": [],
        "Tables": ["Goals", "Partitions", "Postgres"],
        "PayloadStore": ["LMDB"],
        "Backup": ["Disk", "Crypto"],
        "APIDocs": ["Charts"],
        "Tokens": ["Crypto", "AsyncHTTPClient", "JWTKit", "Logging", "NIOCore", "NIOHTTP1"],
        "StatusPages": ["Charts", "StatusReport"],
        "Front": [
            "APIDocs", "BlockingLane", "Deflate", "Goals", "Igzip", "Listening", "PayloadStore",
            "StatusPages",
            "StatusReport", "Tokens",
            "Zstd", "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore", "NIOHTTP1", "NIOHTTP2",
            "NIOHTTPTypes",
            "NIOHTTPTypesHTTP2", "NIOPosix", "NIOSSL", "Logging",
        ],
        // Assembly.
        "Jobs": [
            "Backup", "BlockingLane", "Charts", "Cluster", "Disk", "EventLog", "Fold", "Goals", "Ingest",
            "IngestLink", "LMDB", "Payloads", "PayloadStore", "Postgres", "Replay", "Reports", "Settings",
            "StatusReport",
            "Tables", "Webhook", "Zstd", "Logging", "Crypto",
            // Pings over HTTP.
            "FoundationNetworking",
        ],
        "LoadTest": [
            "BlockingLane", "Charts", "Disk", "Goals", "Inflate", "Postgres", "SampleData", "Zstd", "Crypto",
            "Histogram",
            "NIOCore", "NIOHPACK", "NIOHTTP1", "NIOHTTP2", "NIOPosix",
        ],
        "goalpost": [
            "EventLog", "Fold", "Goals", "Ingest", "Jobs", "LoadTest", "LogLines", "Payloads", "SampleData",
            "Settings",
            "StatusReport",
            "ArgumentParser", "Crypto",
            "Logging",
        ],
        "goalpost-front": [
            "Front", "Listening", "LogLines", "ServiceManager", "Settings", "StatusReport", "Tokens",
            "ArgumentParser",
            "Logging",
        ],
        "goalpost-ingest": [
            "BlockingLane", "Certificates", "Disk", "EventLog", "Goals", "Ingest", "IngestRPC", "Intake",
            "IntakeServer", "Listening", "LogLines", "ServiceManager", "Settings", "Tokens", "ArgumentParser",
            "Logging",
        ],
    ]

    /// Rooms that hold C module maps and no Swift.
    static let cRooms: Set<String> = Set(doors.values)
}
