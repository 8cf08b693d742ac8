package import Goals
package import TestKit

/// Makes what producers might send as one event's text, from good events to noise.
package struct EventInputs {
    /// The namespace whose events are taken.
    package static let namespace = Identifier(RandomHistory.namespace)
    /// 2026-01-01, after all events that are not spoiled.
    package static let now = Timestamp(microseconds: 1_767_225_600_000_000)

    private static let more = [
        #"{"id":"","name":"userLoggedIn","namespace":"goalpost-test","timestamp":"","userId":"u"}"#,
        #"{"name":"userLoggedIn","namespace":"goalpost-test","userId":"u","id":null,"timestamp":null}"#,
        #" {"userId":"u","timestamp":"","namespace":"goalpost-test","id":"","name":"userLoggedIn"} "#,
        #"{"name":"statItemUpdated","namespace":"goalpost-test","userId":"u","payload":{"statCode":"k","latestValue":1.5,"inc":null}}"#,
        #"{"name":"userLoggedIn","namespace":"other","userId":"u"}"#,
        #"{"id":"d","name":"rewardDelivered","namespace":"goalpost-test","userId":"u","payload":{"claimEventId":"c"}}"#,
        #"{"name":"goalActivationRequested","namespace":"goalpost-test","userId":"u","payload":{"challengeId":"c","goalId":"g","isActive":true}}"#,
        #"{"name":"rewardClaimRequested","namespace":"goalpost-test","userId":"u","source":"s","payload":{"challengeId":"c","goalId":"g"}}"#,
    ]

    private let valid: [[UInt8]]

    package init(seed: UInt64) throws {
        let lines = try RandomHistory(seed: seed, lineCount: 1000).lines
        valid = lines + (0..<20).flatMap { _ in Self.more.map { Array($0.utf8) } }
    }

    /// An event as it should be.
    package func good(_ random: inout SplitMix64) -> [UInt8] { random.pick(valid) }

    /// An event, one that was spoiled, or something else.
    package func any(_ random: inout SplitMix64) -> [UInt8] {
        switch random.number(0...19) {
        case 0...2: good(&random)
        case 3: Mangler.noise(&random)
        case 4: Mangler.soup(&random)
        case 5 where random.oneIn(200): long(&random)
        default: Mangler.mangled(good(&random), with: good(&random), &random)
        }
    }

    /// An event that is about as long, or has about as many keys, as one may be.
    private func long(_ random: inout SplitMix64) -> [UInt8] {
        var bytes = good(&random)
        guard let brace = bytes.firstIndex(of: UInt8(ascii: "{")) else { return bytes }
        var more: [UInt8] = []
        if random.oneIn(2) {
            for index in 0..<random.number(990...1002) { more += Array("\"k\(index)\":0,".utf8) }
        } else {
            let count = EventScanner.eventBytesMax - bytes.count - 7 + random.number(-100...5)
            more = Array("\"k\":\"".utf8) + Array(repeating: 0x61, count: count) + Array("\",".utf8)
        }
        bytes.insert(contentsOf: more, at: brace + 1)
        return bytes
    }
}
