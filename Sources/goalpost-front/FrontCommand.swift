import ArgumentParser
import Front
import Glibc
import Listening
import LogLines
import Logging
import ServiceManager
import Settings
import StatusReport
import Tokens

/// The read side as a program.
@main
struct FrontCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "goalpost-front",
        abstract: "Serves players' published answers over HTTP; it cannot write anything.",
        discussion: """
            Routes: GET or POST /challenge/v1/challenges/initialize, GET /challenge/v1/challenges[?active_only=true],
            GET /challenge/v1/templates/SHA256, /healthz, /readyz; /metrics, /status and /status.json on this machine or
            with the operator's token.

            Who asks is told by a bearer token (JWT, RS256 or ES256), checked with the keys that the setting token_keys
            names; without keys, and without --insecure-header-auth, every player's route answers 401.

            With front_tls_certificate_file and front_tls_key_file it speaks TLS 1.2 or newer only, and over it HTTP/2
            and HTTP/1.1; a renewed certificate is taken within seconds. Without them it speaks plain HTTP/1.1, for
            loopback and for a proxy that ends TLS.

            Settings come from GOALPOST_* variables over goalpost.yaml in the data directory; options win over both.
            SIGTERM and SIGINT end it after the requests that are being answered.

            Started by systemd (Type=notify) it says when it listens, that it is alive (WatchdogSec=) and when it ends.
            """
    )

    @Option(help: "The data directory (GOALPOST_DATA).")
    var data: String?

    @Option(
        help: "Where to listen: HOST:PORT or [IPV6]:PORT; port 0 takes a free one (GOALPOST_FRONT_LISTEN)."
    )
    var listen: String?

    @Flag(
        help: """
            Believe the header x-mock-user-id. For tests and demonstrations: refused unless the address is loopback, \
            since anybody who reaches it can be any player.
            """
    )
    var insecureHeaderAuth = false

    @Option(help: "Write HOST:PORT into this file once listening.")
    var portFile: String?

    @Option(help: "Least severe log line written to stderr (GOALPOST_LOG_LEVEL).")
    var logLevel: String?

    mutating func run() async throws {
        let settings = try await loadSettings()
        let isJSON = settings.logFormat == "json"
        LoggingSystem.bootstrap { label in
            if isJSON { JSONLogHandler(label: label) } else { StreamLogHandler.standardError(label: label) }
        }
        var logger = Logger(label: "goalpost-front")
        logger.logLevel = Logger.Level(rawValue: settings.logLevel) ?? .info
        let configuration = try configuration(settings)
        if settings.frontThreads > 0 { FrontServer.setThreads(settings.frontThreads) }
        let manager = ServiceReport(logger: logger)
        let server = FrontServer(
            configuration: configuration,
            logger: logger,
            aliveInterval: manager.aliveInterval,
            report: manager.report
        )
        do throws(FrontServer.Failure) {
            try await server.run()
        } catch {
            throw fail(error.description, code: error.exitCode)
        }
    }

    private func loadSettings() async throws(ExitCode) -> Settings {
        var options: [SettingName: (option: String, text: String)] = [:]
        if let listen { options[.frontListen] = ("--listen", listen) }
        if let logLevel { options[.logLevel] = ("--log-level", logLevel) }
        do throws(SettingsError) {
            return try await Settings.load(data: data, options: options)
        } catch {
            throw fail(error.description, code: SettingsError.exitCode)
        }
    }

    private func configuration(_ settings: Settings) throws(ExitCode) -> FrontConfiguration {
        let listen: ListenAddress
        do throws(ListenAddress.Failure) {
            listen = try ListenAddress(settings.frontListen)
        } catch {
            throw fail(error.description, code: SettingsError.exitCode)
        }
        return FrontConfiguration(
            storeDirectory: settings.data + "/payloads",
            statusFile: settings.data + "/" + SystemStatus.fileName,
            listen: listen,
            identity: insecureHeaderAuth ? .insecureHeader : settings.tokenKeys == nil ? .none : .tokens,
            publishSeconds: settings.frontMaxAgeSeconds,
            readySeconds: settings.frontReadyAgeSeconds,
            ingestURL: settings.ingestURL,
            portFile: portFile,
            limits: FrontLimits(settings),
            operatorTokenFile: settings.frontOperatorTokenFile,
            tokens: try tokens(settings),
            tls: try tlsFiles(settings)
        )
    }

    private func tokens(_ settings: Settings) throws(ExitCode) -> TokenConfiguration? {
        guard let keys = settings.tokenKeys else { return nil }
        guard let namespace = settings.namespace else {
            throw fail(
                "token_keys needs a namespace, whose tokens are taken: set namespace (GOALPOST_NAMESPACE)",
                code: SettingsError.exitCode
            )
        }
        return TokenConfiguration(
            keys: KeySource.Place(keys),
            namespace: namespace,
            issuer: settings.tokenIssuer,
            refreshSeconds: settings.tokenRefreshSeconds,
            cacheEntriesMax: settings.tokenCacheEntries
        )
    }

    private func tlsFiles(_ settings: Settings) throws(ExitCode) -> TLSCredentials.Files? {
        switch (settings.frontTLSCertificateFile, settings.frontTLSKeyFile) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSCredentials.Files(certificate: certificate, key: key)
        default:
            throw fail(
                "front_tls_certificate_file and front_tls_key_file need each other: set both, or neither",
                code: SettingsError.exitCode
            )
        }
    }

    /// Writes the one line that says what is wrong, and gives the status to end with.
    private func fail(_ message: String, code: Int32) -> ExitCode {
        let line = Array("goalpost-front: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        return ExitCode(code)
    }
}
