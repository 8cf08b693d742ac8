import ArgumentParser
import Front
import Glibc
import Listening
import LogLines
import Logging
import ServiceManager
import Settings

/// The read side as a program.
@main
struct FrontCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "goalpost-front",
        abstract: "Serves players' published answers over HTTP; it cannot write anything.",
        discussion: """
            Routes: GET or POST /challenge/v1/challenges/initialize, GET /challenge/v1/challenges[?active_only=true],
            GET /challenge/v1/templates/SHA256, /healthz, /readyz; /metrics on this machine or with the operator's token.

            Who asks is known only with --insecure-header-auth so far; without it every player's route answers 401.
            Bearer tokens are not read by this version.

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
            listen: listen,
            identity: insecureHeaderAuth ? .insecureHeader : .none,
            publishSeconds: settings.frontMaxAgeSeconds,
            readySeconds: settings.frontReadyAgeSeconds,
            ingestURL: settings.ingestURL,
            portFile: portFile,
            limits: FrontLimits(settings),
            operatorTokenFile: settings.frontOperatorTokenFile
        )
    }

    /// Writes the one line that says what is wrong, and gives the status to end with.
    private func fail(_ message: String, code: Int32) -> ExitCode {
        let line = Array("goalpost-front: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        return ExitCode(code)
    }
}
