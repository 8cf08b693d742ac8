// swift-tools-version: 6.2
import PackageDescription

// The house: data moves one way, lines → log → fold → tables → payloads → front. A room may import only what
// is listed here; LayeringTests holds the import lines against this file.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// Rooms that hold a C handle say `unsafe` on every line that can go wrong.
let handleSettings = settings + [.strictMemorySafety()]

func room(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    handles: Bool = false
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: handles ? handleSettings : settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioTLS = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP2 = Target.Dependency.product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let rpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let rpcTransport = Target.Dependency.product(
    name: "GRPCNIOTransportHTTP2Posix",
    package: "grpc-swift-nio-transport"
)
let rpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let certificateReloading = Target.Dependency.product(
    name: "NIOCertificateReloading",
    package: "swift-nio-extras"
)
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")

let package = Package(
    name: "goalpost",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "goalpost", targets: ["goalpost"]),
        .executable(name: "goalpost-front", targets: ["goalpost-front"]),
        .executable(name: "goalpost-ingest", targets: ["goalpost-ingest"]),
        // Loaded into programs by tests that kill them.
        .library(name: "CallTrap", type: .dynamic, targets: ["CallTrap"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.45.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // C doors: a module map and a shim.h, no Swift.
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CIgzip", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),

        // Handles: each the only room to open its door.
        room("Zstd", ["CZstd"], handles: true),
        room("Deflate", ["CDeflate"], handles: true),
        room("Igzip", ["CIgzip"], handles: true),
        room("Inflate", ["CZlib"], handles: true),
        room("LMDB", ["CLMDB"], handles: true),
        room("Postgres", ["CLibpq", "BlockingLane"], handles: true),

        // Machine room: knows nothing of goals.
        room("Disk"),
        room("BlockingLane", handles: true),
        room("LogLines", [log]),
        room("Listening"),
        room("StatusReport"),
        room("Cluster", [subprocess]),
        room("Settings", [configuration]),
        room("ServiceManager", handles: true),
        room("Certificates", [certificateReloading, log]),
        room("Webhook", [httpClient, nio, nioHTTP1]),

        // Pure core: no I/O, clock or randomness.
        room("Goals"),
        room("Fold", ["Goals"]),
        room("Replay", ["Fold", "Goals"]),
        room("Payloads", ["Goals", "Zstd", crypto]),
        room("SampleData", ["Goals"]),
        room("Charts"),
        room("Reports", ["Charts", "Goals"]),

        // Stages: one store each.
        room("EventLog", ["BlockingLane", "Disk", "Zstd"]),
        room("Ingest", ["Disk", "EventLog", "Goals", "Zstd"]),
        room("IngestLink", ["Ingest", "Listening", httpClient, nio, nioHTTP1]),
        room("Intake", ["BlockingLane", "Disk", "EventLog", "Goals", "Ingest"]),
        room(
            "IntakeServer",
            [
                "APIDocs", "Certificates", "Goals", "Inflate", "Ingest", "Intake", "Listening", "Tokens",
                "Zstd",
                hummingbird, hummingbirdCore, hummingbirdTLS, certificateReloading, httpTypes, nio, nioPosix,
                nioTLS, log,
            ]
        ),
        // Made by jobs/make-rpc-messages from the .proto files beside it; other people's code style.
        .target(
            name: "RPCMessages",
            dependencies: [rpcCore, rpcProtobuf, protobuf],
            exclude: ["protos"],
            swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]
        ),
        room(
            "IngestRPC",
            [
                "Certificates", "Goals", "Ingest", "Intake", "Listening", "RPCMessages", "Tokens", rpcCore,
                rpcTransport, protobuf, nio, nioTLS, log,
            ]
        ),
        // The DDL, compiled in, so that a binary carries the schema it was written for.
        .target(
            name: "Partitions",
            path: "partitions",
            resources: [
                .embedInCode("001_tables.sql"), .embedInCode("002_leaf.sql"),
                .embedInCode("003_analysts.sql"), .embedInCode("004_dead_rewards.sql"),
            ],
            swiftSettings: settings
        ),
        room("Tables", ["Goals", "Partitions", "Postgres"]),
        room("PayloadStore", ["LMDB"]),
        room("Backup", ["Disk", crypto]),
        room("APIDocs", ["Charts"]),
        room("Tokens", [crypto, httpClient, jwt, log, nio, nioHTTP1]),
        room("StatusPages", ["Charts", "StatusReport"]),
        room(
            "Front",
            [
                "APIDocs", "BlockingLane", "Deflate", "Goals", "Igzip", "Listening", "PayloadStore",
                "StatusPages",
                "StatusReport",
                "Tokens", "Zstd", hummingbird, hummingbirdCore, httpTypes, nio, nioHTTP1, nioHTTP2,
                nioHTTPTypes,
                nioHTTPTypesHTTP2, nioPosix, nioTLS, log,
            ]
        ),

        // Assembly.
        room(
            "Jobs",
            [
                "Backup", "BlockingLane", "Charts", "Cluster", "Disk", "EventLog", "Fold", "Goals", "Ingest",
                "IngestLink", "LMDB", "Payloads", "PayloadStore", "Postgres", "Replay", "Reports", "Settings",
                "StatusReport",
                "Tables", "Webhook", "Zstd", log, crypto,
            ]
        ),
        room(
            "LoadTest",
            [
                "BlockingLane", "Charts", "Disk", "Goals", "Inflate", "Postgres", "SampleData", "Zstd",
                crypto, histogram, nio, nioHPACK, nioHTTP1, nioHTTP2, nioPosix,
            ]
        ),
        .executableTarget(
            name: "goalpost",
            dependencies: [
                "EventLog", "Fold", "Goals", "Ingest", "Jobs", "LoadTest", "LogLines", "Payloads",
                "SampleData",
                "Settings",
                "StatusReport", arguments, crypto, log,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "goalpost-front",
            dependencies: [
                "Front", "Listening", "LogLines", "ServiceManager", "Settings", "StatusReport", "Tokens",
                arguments, log,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "goalpost-ingest",
            dependencies: [
                "BlockingLane", "Certificates", "Disk", "EventLog", "Goals", "Ingest", "IngestRPC", "Intake",
                "IntakeServer", "Listening", "LogLines", "ServiceManager", "Settings", "Tokens", arguments,
                log,
            ],
            swiftSettings: settings
        ),

        // Tests: one folder a room, one suite a unit.
        .target(
            name: "TestKit",
            dependencies: ["BlockingLane", "Disk", "EventLog", "Fold", "Goals", "Postgres", "Replay"],
            path: "Tests/TestKit",
            swiftSettings: settings
        ),
        .target(
            name: "FuzzKit",
            dependencies: ["Goals", "Ingest", "Intake", "TestKit"],
            path: "Tests/FuzzKit",
            swiftSettings: settings
        ),
        .target(
            name: "WorldKit",
            dependencies: ["Disk", "EventLog", "Fold", "Goals", "TestKit", "Zstd"],
            path: "Tests/WorldKit",
            swiftSettings: settings
        ),
        // Nothing depends on it: linked into a test it would watch the tests.
        .target(name: "CallTrap", path: "Tests/CallTrap", cSettings: [.treatAllWarnings(as: .error)]),
        // What the benchmarks and the instruction gates run; no product.
        .executableTarget(
            name: "Workbench",
            dependencies: [
                "CZstd", "EventLog", "Fold", "Goals", "Jobs", "PayloadStore", "Payloads", "Postgres",
                "Replay",
                "SampleData", "Settings", arguments,
            ],
            path: "Tests/Benchmarks/Workbench",
            swiftSettings: handleSettings
        ),
        tests("APIDocsTests", ["APIDocs"]),
        tests("BackupTests", ["Backup", "Disk", "TestKit"]),
        tests("BenchTests", ["TestKit", "Workbench"]),
        tests("BlockingLaneTests", ["BlockingLane"]),
        tests("ChartsTests", ["Charts"]),
        tests("ClusterTests", ["Cluster", "BlockingLane", "Postgres"]),
        tests("CrashTests", ["Disk", "EventLog", "TestKit"]),
        tests("DeflateTests", ["Deflate", "TestKit"]),
        tests("IgzipTests", ["Igzip", "TestKit"]),
        tests("DiskTests", ["Disk", "TestKit"]),
        tests("EventLogTests", ["BlockingLane", "Disk", "EventLog", "TestKit", "Zstd"]),
        tests("FoldTests", ["Fold", "Goals", "TestKit"]),
        tests(
            "FrontTests",
            [
                "APIDocs", "Front", "Goals", "Listening", "PayloadStore", "StatusPages", "StatusReport",
                "TestKit",
                "goalpost-front", crypto, hummingbird, hummingbirdTesting,
                httpTypes, nio, nioHTTP1, nioEmbedded, log,
            ]
        ),
        tests("GoalsTests", ["FuzzKit", "Goals", "TestKit"]),
        tests("IngestTests", ["Disk", "EventLog", "Goals", "Ingest", "TestKit", "Zstd"]),
        tests(
            "IntakeTests",
            ["BlockingLane", "Disk", "EventLog", "FuzzKit", "Goals", "Ingest", "Intake", "TestKit"]
        ),
        tests(
            "IngestRPCTests",
            [
                "FuzzKit", "Goals", "Ingest", "IngestRPC", "Intake", "RPCMessages", "TestKit", rpcCore,
                protobuf,
            ]
        ),
        tests("InflateTests", ["Inflate"]),
        tests("IntakeServerTests", ["APIDocs", "IntakeServer", "TestKit", "goalpost", "goalpost-ingest"]),
        tests(
            "JobsTests",
            [
                "BlockingLane", "Disk", "EventLog", "Fold", "Goals", "Jobs", "Postgres", "Replay", "Reports",
                "Settings", "StatusReport", "Tables", "TestKit", log,
            ]
        ),
        tests(
            "KilledTests",
            [
                "goalpost", "goalpost-ingest", "BlockingLane", "Disk", "EventLog", "Goals", "Jobs",
                "Payloads", "Postgres", "Settings", "TestKit", log,
            ]
        ),
        tests("LayeringTests", []),
        tests("LoadTestTests", ["Goals", "LoadTest", "SampleData", "TestKit"]),
        tests("LMDBTests", ["LMDB", "TestKit"]),
        tests("LogLinesTests", ["LogLines", log]),
        tests("PayloadStoreTests", ["LMDB", "PayloadStore", "TestKit"]),
        tests("PayloadsTests", ["Goals", "Payloads", "TestKit", "Zstd"]),
        tests(
            "PipelineTests",
            [
                "goalpost", "goalpost-front", "goalpost-ingest", "Backup", "BlockingLane", "Cluster", "Disk",
                "EventLog", "Goals", "Jobs", "LoadTest", "Payloads", "PayloadStore", "Postgres", "Replay",
                "SampleData", "Settings", "StatusReport", "Tables", "TestKit", log, subprocess,
            ]
        ),
        tests("PostgresTests", ["BlockingLane", "Postgres", "TestKit"]),
        tests("ReplayTests", ["Fold", "Goals", "Replay", "TestKit"]),
        tests("ReportsTests", ["Goals", "Reports", "TestKit"]),
        tests("SampleDataTests", ["Goals", "SampleData", "TestKit"]),
        tests("ServiceManagerTests", ["ServiceManager", "TestKit"]),
        tests("SettingsTests", ["FuzzKit", "Settings", "TestKit"]),
        tests("StatusPagesTests", ["StatusPages", "StatusReport", "TestKit"]),
        tests("StatusReportTests", ["StatusReport"]),
        tests(
            "TablesTests",
            ["BlockingLane", "Goals", "Partitions", "Postgres", "Tables", "TestKit"]
        ),
        tests("TokensTests", ["TestKit", "Tokens", crypto, jwt, log]),
        tests("TestKitTests", ["TestKit"]),
        tests("WebhookTests", ["TestKit", "Webhook"]),
        tests("WorldTests", ["TestKit", "WorldKit"]),
        tests("ZstdTests", ["TestKit", "Zstd"]),
    ],
    swiftLanguageModes: [.v6]
)
