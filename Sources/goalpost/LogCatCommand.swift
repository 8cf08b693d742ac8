import ArgumentParser
import Goals
import Jobs

struct LogCatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print records, one a line, in log order.",
        discussion: """
            A record is printed when it satisfies every filter given; a filter given several times, when it is one of
            them. --from-time is included, --to-time is not; both look at each event's own time. Segments and frames
            that cannot hold a wanted record are not decompressed. A reader that stops early, as head does, ends it
            with exit code 0.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("from-offset"), help: "Start at this record; counts from 0.")
    var fromOffset: UInt64?

    @Option(name: .customLong("to-offset"), help: "Stop before this record.")
    var toOffset: UInt64?

    @Option(name: .customLong("from-time"), help: "Only events of this time or later, RFC 3339.")
    var fromTime: String?

    @Option(name: .customLong("to-time"), help: "Only events before this time, RFC 3339.")
    var toTime: String?

    @Option(name: .customLong("player"), help: "Only this player's events; may be given several times.")
    var players: [String] = []

    @Option(name: .customLong("event"), help: "Only events of this name; may be given several times.")
    var events: [String] = []

    @Option(name: .customLong("stat"), help: "Only events of this stat code; may be given several times.")
    var statCodes: [String] = []

    @Option(help: "Print at most so many records.")
    var limit: UInt64?

    @Flag(help: "Print only how many records there are.")
    var count = false

    func validate() throws {
        if let fromOffset, let toOffset, toOffset < fromOffset {
            throw ValidationError("--to-offset \(toOffset) lies before --from-offset \(fromOffset)")
        }
        for word in players + statCodes where word.isEmpty {
            throw ValidationError("a player's id and a stat code are not empty")
        }
        for name in events where Self.kind(name) == nil {
            let names = EventKind.allCases.map(\.name.description).joined(separator: ", ")
            throw ValidationError("there is no event '\(name)'; the names are \(names)")
        }
    }

    func run() async throws {
        try await common.perform {
            let filter = try filter()
            let job = LogCatJob(access: LogAccess(try await common.settings()))
            guard !count else {
                return print(try job.run(filter, limit: limit ?? .max, emit: nil))
            }
            OutputPipe.prepare()
            _ = try job.run(filter, limit: limit ?? .max) { try OutputPipe.write($0) }
        }
    }

    private func filter() throws -> RecordFilter {
        var filter = RecordFilter()
        (filter.fromOffset, filter.toOffset) = (fromOffset, toOffset)
        filter.fromTime = try fromTime.map(TimeArgument.parse)
        filter.toTime = try toTime.map(TimeArgument.parse)
        if let from = filter.fromTime, let to = filter.toTime, to <= from {
            throw JobError(.usage, "--to-time is not later than --from-time: no event can have such a time")
        }
        filter.players = players.map { Array($0.utf8) }
        filter.statCodes = statCodes.map { Array($0.utf8) }
        filter.events = events.compactMap(Self.kind)
        return filter
    }

    private static func kind(_ name: String) -> EventKind? {
        EventKind.allCases.first { $0.name.description.utf8.elementsEqual(name.utf8) }
    }
}
