import ArgumentParser
import Foundation
import Jobs
import Logging
import Settings

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
        if !allowsUnfinishedRestore { try UnfinishedRestore.refuse(in: settings.data) }
        return settings
    }

    /// Logs on standard error, as loud as the settings say.
    func log(_ settings: Settings) -> Logger {
        var log = Logger(label: "goalpost") { StreamLogHandler.standardError(label: $0) }
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
