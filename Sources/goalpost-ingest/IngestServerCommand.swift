import ArgumentParser
import BlockingLane
import Certificates
import Disk
import EventLog
import Glibc
import Goals
import Ingest
import IngestRPC
import Intake
import IntakeServer
import Listening
import LogLines
import Logging
import ServiceManager
import Settings
import Tokens

/// The write side as a program.
@main
struct IngestServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "goalpost-ingest",
        abstract: "Takes events in over HTTP and gRPC and answers once they are durable in the log.",
        discussion: """
            Routes: POST /v1/events (one event, an array, NDJSON, CloudEvents; Content-Encoding gzip or zstd),
            PUT /challenge/v1/challenges/CHALLENGE/goals/GOAL/active, POST the same with claim in place of active;
            /healthz, /readyz, /metrics; /apidocs/ describes them all, /apidocs/api.json as OpenAPI 3.1.

            gRPC, with --grpc: the platform's accelbyte.iam.account.v1 UserAuthenticationUserLoggedInService/OnMessage and
            accelbyte.social.statistic.v1 StatisticStatItemUpdatedService/OnMessage, goalpost.v1.Ingest/Append and
            /AppendStream, grpc.health.v1.Health/Check.

            It is the only writer of the log while it runs. `goalpost ingest`, `challenges apply`, `quarantine redrive` and
            the grant job, run by the same user or root, hand it their work over the socket ingest.sock in the log's
            directory (mode 0600, no token). Services show a bearer token whose SHA-256 stands in
            ingest_token_file, or a certificate of ingest_tls_client_ca_file, which gRPC then insists on; without either
            it listens on loopback only and any program there may write. Players show a token (JWT, RS256 or ES256) that is checked
            with token_keys, as by goalpost-front.

            With ingest_tls_certificate_file and ingest_tls_key_file both protocols speak TLS only; a renewed certificate
            is taken within a minute, or at once on SIGHUP.

            Settings come from GOALPOST_* variables over goalpost.yaml in the data directory; options win over both.
            SIGTERM and SIGINT end it after the requests that are being answered, within 10 seconds.

            Started by systemd (Type=notify) it says when it listens, that it is alive (WatchdogSec=) and when it ends.
            """
    )

    @Option(help: "The data directory (GOALPOST_DATA).")
    var data: String?

    @Option(
        help:
            "Where to listen for HTTP: HOST:PORT or [IPV6]:PORT; port 0 takes a free one (GOALPOST_INGEST_LISTEN)."
    )
    var http: String?

    @Flag(
        help: """
            Believe the header x-mock-user-id. For tests and demonstrations: refused unless the address is loopback, \
            since anybody who reaches it can be any player.
            """
    )
    var insecureHeaderAuth = false

    @Option(
        help:
            "Where to listen for gRPC: HOST:PORT or [IPV6]:PORT; unset does not (GOALPOST_INGEST_GRPC_LISTEN)."
    )
    var grpc: String?

    @Option(help: "Write HOST:PORT of HTTP into this file once listening.")
    var portFile: String?

    @Option(help: "Write HOST:PORT of gRPC into this file once listening.")
    var grpcPortFile: String?

    @Option(help: "Least severe log line written to stderr (GOALPOST_LOG_LEVEL).")
    var logLevel: String?

    /// The sysexits codes for bad data, a missing input, our own bug, a full disk, "try again" and settings.
    private enum Status {
        static let badData: Int32 = 65
        static let cannotWrite: Int32 = 73
        static let tryAgain: Int32 = 75
        static let configuration: Int32 = 78
    }

    mutating func run() async throws {
        let settings = try await loadSettings()
        let isJSON = settings.logFormat == "json"
        LoggingSystem.bootstrap { label in
            if isJSON { JSONLogHandler(label: label) } else { StreamLogHandler.standardError(label: label) }
        }
        var logger = Logger(label: "goalpost-ingest")
        logger.logLevel = Logger.Level(rawValue: settings.logLevel) ?? .info
        let certificate = try certificate(settings, logger)
        let keys = try await playerKeys(settings, logger)
        let configuration = try configuration(settings, certificate, keys?.ring)
        let queue = try openQueue(settings, configuration.namespace, logger)
        let remote = try remoteCalls(settings, configuration, queue, logger)
        let manager = ServiceReport(logger: logger)
        let server = IngestServer(
            queue: queue,
            configuration: configuration,
            logger: logger,
            aliveInterval: manager.aliveInterval,
            report: { moment in
                if moment == .draining { remote?.drain() }
                manager.report(moment)
            },
            beforeClose: { await remote?.finish() }
        )
        let beside = Beside(certificate: certificate, keys: keys?.source, remote: remote, logger: logger)
        do {
            try await beside.run(with: server)
        } catch let failure as IngestServer.Failure {
            throw fail(failure.description, code: failure.exitCode)
        } catch let failure as RPCServer.Failure {
            throw fail(failure.description, code: failure.exitCode)
        }
    }

    private func loadSettings() async throws(ExitCode) -> Settings {
        var options: [SettingName: (option: String, text: String)] = [:]
        if let http { options[.ingestListen] = ("--http", http) }
        if let grpc { options[.ingestRPCListen] = ("--grpc", grpc) }
        if let logLevel { options[.logLevel] = ("--log-level", logLevel) }
        do throws(SettingsError) {
            return try await Settings.load(data: data, options: options)
        } catch {
            throw fail(error.description, code: SettingsError.exitCode)
        }
    }

    private func certificate(
        _ settings: Settings,
        _ logger: Logger
    ) throws(ExitCode) -> ServerCertificate? {
        switch (settings.ingestTLSCertificateFile, settings.ingestTLSKeyFile) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            do throws(ServerCertificate.Failure) {
                return try ServerCertificate(.init(certificate: certificate, key: key), logger: logger)
            } catch {
                throw fail(error.description, code: SettingsError.exitCode)
            }
        default:
            throw fail(
                "ingest_tls_certificate_file and ingest_tls_key_file need each other: set both, or neither",
                code: SettingsError.exitCode
            )
        }
    }

    /// The keys of players' tokens; those of a URL that is down are awaited, those of a bad file are not.
    private func playerKeys(
        _ settings: Settings,
        _ logger: Logger
    ) async throws(ExitCode) -> (ring: KeyRing, source: KeySource)? {
        guard !insecureHeaderAuth, let text = settings.tokenKeys else { return nil }
        let place = KeySource.Place(text)
        let ring = KeyRing()
        let source = KeySource(
            place,
            ring: ring,
            refreshSeconds: settings.tokenRefreshSeconds,
            now: { Double(Self.now().milliseconds) / 1000 },
            logger: logger
        )
        do throws(KeySource.Failure) {
            try await source.refresh()
        } catch {
            guard case .url = place else { throw fail(error.description, code: SettingsError.exitCode) }
            logger.error("\(error); players are answered 503 until then")
        }
        return (ring, source)
    }

    private func remoteCalls(
        _ settings: Settings,
        _ configuration: IngestConfiguration,
        _ queue: IntakeQueue,
        _ logger: Logger
    ) throws(ExitCode) -> RPCServer? {
        guard let text = settings.ingestRPCListen else { return nil }
        do {
            return try RPCServer(
                queue: queue,
                configuration: RPCConfiguration(
                    listen: try ListenAddress(text),
                    services: try configuration.tokenFile.map { try ServiceAccess(tokenFile: $0) }
                        ?? ServiceAccess(),
                    certificate: configuration.certificate,
                    clientAuthorityFile: configuration.clientAuthorityFile,
                    connectionsMax: configuration.connectionsMax,
                    portFile: grpcPortFile,
                    now: Self.now
                ),
                logger: logger
            )
        } catch let failure as RPCServer.Failure {
            throw fail(failure.description, code: failure.exitCode)
        } catch {
            throw fail("\(error)", code: SettingsError.exitCode)
        }
    }

    private func configuration(
        _ settings: Settings,
        _ certificate: ServerCertificate?,
        _ ring: KeyRing?
    ) throws(ExitCode) -> IngestConfiguration {
        guard let namespace = settings.namespace, !namespace.isEmpty,
            namespace.unicodeScalars.count <= Identifier.scalarsMax
        else {
            throw fail(
                "no namespace of 1 to \(Identifier.scalarsMax) characters is set: put `namespace: NAME` into "
                    + "goalpost.yaml or set GOALPOST_NAMESPACE",
                code: Status.configuration
            )
        }
        let listen: ListenAddress
        do throws(ListenAddress.Failure) {
            listen = try ListenAddress(settings.ingestListen)
        } catch {
            throw fail(error.description, code: SettingsError.exitCode)
        }
        return IngestConfiguration(
            listen: listen,
            namespace: Identifier(namespace),
            players: players(settings, ring),
            tokenFile: settings.ingestTokenFile,
            certificate: certificate,
            clientAuthorityFile: settings.ingestTLSClientCAFile,
            portFile: portFile,
            logDirectory: settings.data + "/log/events",
            playerWritesPerSecond: settings.ingestPlayerRate,
            playerWritesBurst: settings.ingestPlayerBurst,
            now: Self.now
        )
    }

    private func players(_ settings: Settings, _ ring: KeyRing?) -> any PlayerIdentification {
        if insecureHeaderAuth { return InsecureHeaderPlayers() }
        guard let ring else { return NoPlayers() }
        return TokenPlayers(
            check: TokenCheck(namespace: settings.namespace ?? "", issuer: settings.tokenIssuer),
            ring: ring,
            cacheEntriesMax: settings.tokenCacheEntries,
            now: Self.now
        )
    }

    private func openQueue(
        _ settings: Settings,
        _ namespace: Identifier,
        _ logger: Logger
    ) throws(ExitCode) -> IntakeQueue {
        do throws(IntakeError) {
            let writer = try IntakeWriter.open(
                volume: LocalVolume(),
                logDirectory: settings.data + "/log/events",
                quarantineDirectory: settings.data + "/log/quarantine",
                namespace: namespace,
                window: DedupeWindow(
                    capacity: settings.dedupeEvents,
                    ageMax: settings.dedupeSeconds > 0 ? Int64(settings.dedupeSeconds) * 1000 : nil
                ),
                limits: LogLimits(
                    segmentBytesMax: UInt64(settings.segmentBytesMax),
                    segmentAgeMax: .seconds(settings.segmentSecondsMax)
                ),
                now: Self.now
            )
            if !writer.recovery.isClean {
                logger.notice(
                    "the log was mended after a crash",
                    metadata: ["recovery": "\(writer.recovery)"]
                )
            }
            return IntakeQueue(
                writer: writer,
                lane: BlockingLane(label: "goalpost-ingest.log"),
                namespace: namespace,
                waitingBytesMax: settings.ingestQueueBytes
            )
        } catch {
            throw fail(error.description, code: Self.status(of: error))
        }
    }

    private static func status(of error: IntakeError) -> Int32 {
        switch error {
        case .log(.writerLocked): Status.tryAgain
        case .log(.disk): Status.cannotWrite
        case .log(.notALog), .noConfiguration: Status.configuration
        case .log: Status.badData
        case .overloaded, .unavailable, .closed: Status.tryAgain
        }
    }

    /// The computer's clock, to the microsecond.
    private static let now: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Writes the one line that says what is wrong, and gives the status to end with.
    private func fail(_ message: String, code: Int32) -> ExitCode {
        let line = Array("goalpost-ingest: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        return ExitCode(code)
    }
}
