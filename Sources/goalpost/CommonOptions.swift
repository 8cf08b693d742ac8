import ArgumentParser
import Jobs
import LogLines
import Logging
import Settings
import StatusReport

/// What every command takes, and how each ends.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "The data directory; over GOALPOST_DATA.",
        completion: .directory
    )
    var data: String?

    @Flag(name: .long, help: "Print the result as JSON on standard output.")
    var json = false

    /// Loads the settings; `extra` are the command's own options that stand for settings.
    ///
    /// Throws where a restore into the data directory has not ended, unless the command may work there.
    func settings(
        _ extra: [SettingName: (option: String, text: String)] = [:],
        allowsUnfinishedRestore: Bool = false
    ) async throws -> Settings {
        let settings = try await Settings.load(data: data, options: extra)
        Terminal.writesJSON(settings.logFormat == "json")
        if !allowsUnfinishedRestore { try UnfinishedRestore.refuse(in: settings.data) }
        return settings
    }

    /// Logs on standard error, as loud as the settings say.
    func log(_ settings: Settings) -> Logger {
        var log = Logger(label: "goalpost") { label in
            if settings.logFormat == "json" {
                JSONLogHandler(label: label)
            } else {
                StreamLogHandler.standardError(label: label)
            }
        }
        log.logLevel = Logger.Level(rawValue: settings.logLevel) ?? .info
        return log
    }

    /// Runs a command's work; an error becomes one clear line on standard error and its exit code.
    func perform(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let code as ExitCode {
            throw code
        } catch {
            let failure = JobError(error)
            Terminal.complain(failure.message)
            throw ExitCode(failure.status.rawValue)
        }
    }

    /// Prints a report: JSON with `--json`, else the lines.
    func print(_ report: some Encodable, lines: @autoclosure () -> [String]) throws {
        guard json else {
            for line in lines() { Swift.print(line) }
            return
        }
        Swift.print(String(decoding: try StatusJSON.encode(report), as: UTF8.self))
    }
}
