import ArgumentParser
import Goals
import SampleData

/// The inputs of all pieces: the same bytes in every run, for they follow from a fixed seed.
struct BenchInput {
    /// The day that all answers are for.
    static let day = UTCDay(number: 20_460)

    private let world: SampleWorld
    let challenges: ChallengeSet

    /// Ten challenges of 50 goals, for so many players.
    ///
    /// With `areAllDefault` all goals are assigned from the start, as in the load tests of the service that Goalpost
    /// replaces, which makes answers of some 200 KB; without, none is, so that each of a player's rows is a goal that
    /// he activated and the answer of active goals holds nothing else.
    init(players: Int, areAllDefault: Bool = true) throws {
        world = try SampleWorld(seed: 1, challenges: 10, goalsPerChallenge: 50, players: players)
        let text = String(decoding: world.challengesJSON(), as: UTF8.self)
            .replacing(
                #""defaultAssigned":\#(!areAllDefault)"#,
                with: #""defaultAssigned":\#(areAllDefault)"#
            )
        guard case .valid(let set) = ChallengeFile.read(Array(text.utf8)) else {
            throw ValidationError("the sample game's challenges are not valid")
        }
        challenges = set
    }

    /// The first `count` events as one text of lines.
    func lines(_ count: Int) throws -> [UInt8] {
        var stream = try world.events(
            startingAt: Self.day.start,
            eventsPerDay: 50_000,
            namespace: "demo",
            activity: .skewed,
            idlessEvery: 0
        )
        var lines: [UInt8] = []
        for _ in 0..<count { stream.next(into: &lines) }
        return lines
    }

    /// A player's id.
    func userID(_ player: Int) -> [UInt8] { Array(world.userId(player).utf8) }

    /// The time of a player's first event.
    static func firstEvent(_ player: Int) -> Timestamp {
        day.start.adding(seconds: Int64(player * 7919 % 3600))
    }

    /// `changed` rows of a player, spread over all goals: half in progress, the rest completed or claimed.
    func rows(player: Int, changed: Int) -> [ProgressRow] {
        let count = challenges.goals.count
        let changed = min(changed, count)
        let first = Self.firstEvent(player)
        return (0..<changed).map { index in
            let goal = (index * count / changed + player * 31) % count
            let state = (index + player) % 4
            let time = first.adding(seconds: Int64((index * 613 + player * 37) % 80_000))
            return ProgressRow(
                player: UInt32(player),
                goal: UInt32(goal),
                progress: Int32(1 + (index * 97 + player * 13) % 900),
                status: state < 2 ? .inProgress : state == 2 ? .completed : .claimed,
                isActive: true,
                assignedAt: first,
                completedAt: state < 2 ? nil : time,
                claimedAt: state == 3 ? time.adding(seconds: 60) : nil,
                createdAt: time,
                updatedAt: time,
                lastEventAt: time
            )
        }.sorted { $0.goal < $1.goal }
    }
}
