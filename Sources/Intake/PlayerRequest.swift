package import Goals

/// What a player asks to be written: a goal turned on or off, or a reward claimed.
///
/// Whether it succeeds is for the fold to say, in log order.
package struct PlayerRequest: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case activate(Bool)
        case claim
    }

    package let player: Identifier
    package let challenge: Identifier
    package let goal: Identifier
    package let action: Action
    /// Unique within the player: a second request with it is the first one.
    package let id: String

    package init(player: Identifier, challenge: Identifier, goal: Identifier, action: Action, id: String) {
        self.player = player
        self.challenge = challenge
        self.goal = goal
        self.action = action
        self.id = id
    }

    /// The request as an event without a time; it gets that of its receipt.
    package func event(namespace: Identifier) -> [UInt8] {
        var event = Array(#"{"id":"#.utf8) + JSONLiteral.quoted(Array(id.utf8))
        switch action {
        case .activate: event += Array(#","name":"goalActivationRequested""#.utf8)
        case .claim: event += Array(#","name":"rewardClaimRequested""#.utf8)
        }
        event += Array(#","namespace":"#.utf8) + JSONLiteral.quoted(namespace.utf8)
        event += Array(#","userId":"#.utf8) + JSONLiteral.quoted(player.utf8)
        event += Array(#","payload":{"challengeId":"#.utf8) + JSONLiteral.quoted(challenge.utf8)
        event += Array(#","goalId":"#.utf8) + JSONLiteral.quoted(goal.utf8)
        if case .activate(let isActive) = action { event += Array(#","isActive":\#(isActive)"#.utf8) }
        return event + Array("}}".utf8)
    }
}
