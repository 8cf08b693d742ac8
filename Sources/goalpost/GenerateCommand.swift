import ArgumentParser
import Foundation
import Goals
import Jobs
import SampleData

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract:
            "Make a sample game: the same bytes for the same options, for trying out and for benchmarks.",
        subcommands: [GenerateChallengesCommand.self, GenerateEventsCommand.self]
    )
}

/// The sizes that make a sample world.
struct WorldOptions: ParsableArguments {
    @Option(help: "What everything follows from.")
    var seed: UInt64 = 1

    @Option(help: "Challenges, 1 to 1,000.")
    var challenges = 10

    @Option(name: .customLong("goals-per-challenge"), help: "Goals in each, 1 to 1,000.")
    var goalsPerChallenge = 50

    @Option(help: "Players, 1 to 50,000,000.")
    var players = 1000

    func world() throws -> SampleWorld {
        try SampleWorld(
            seed: seed,
            challenges: challenges,
            goalsPerChallenge: goalsPerChallenge,
            players: players
        )
    }
}

struct GenerateChallengesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "challenges",
        abstract: "Print its challenges.json."
    )

    @OptionGroup var options: WorldOptions

    func run() async throws {
        let world = try WorldError.reported { try options.world() }
        try Terminal.write(world.challengesJSON())
    }
}

struct GenerateEventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print events, one a line."
    )

    private static let chunkBytes = 1 << 20

    @OptionGroup var options: WorldOptions

    @Option(help: "Number of lines.")
    var events: UInt64 = 100_000

    @Option(help: "The events' namespace.")
    var namespace = "demo"

    @Option(help: "Time of the first event, RFC 3339.")
    var start = "2026-01-05T00:00:00Z"

    @Option(name: .customLong("events-per-day"), help: "Events that fill a day of their own time.")
    var eventsPerDay = 50_000

    @Option(name: .customLong("idless-every"), help: "One line in so many has no id; 0 for none.")
    var idlessEvery = 0

    @Option(help: "How often players are heard of: skewed or even.")
    var activity = PlayerActivity.skewed

    func run() async throws {
        guard let time = RFC3339.parse(start) else {
            throw ValidationError("--start is no RFC 3339 time: \(start)")
        }
        var stream = try WorldError.reported {
            try options.world().events(
                startingAt: time,
                eventsPerDay: eventsPerDay,
                namespace: namespace,
                activity: activity,
                idlessEvery: idlessEvery
            )
        }
        var chunk: [UInt8] = []
        for _ in 0..<events {
            stream.next(into: &chunk)
            if chunk.count >= Self.chunkBytes {
                try Terminal.write(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        try Terminal.write(chunk)
    }
}

/// A size out of its range is a wrong option.
private enum WorldError {
    static func reported<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SampleDataError {
            throw ValidationError("\(error)")
        }
    }
}

extension PlayerActivity: ExpressibleByArgument {}
