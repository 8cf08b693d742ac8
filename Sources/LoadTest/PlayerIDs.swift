package import SampleData

/// All players' ids in one array; one more than there are players: the last is nobody's but the probe's.
package struct PlayerIDs: Sendable {
    static let idBytes = 32
    private let bytes: [UInt8]
    /// Players, the probe's not counted.
    package let count: Int

    package init(_ world: SampleWorld) {
        count = world.players
        var bytes: [UInt8] = []
        bytes.reserveCapacity((world.players + 1) * Self.idBytes)
        for player in 0...world.players { bytes += Array(world.userId(player).utf8) }
        self.bytes = bytes
    }

    func utf8(_ player: Int) -> ArraySlice<UInt8> {
        bytes[player * Self.idBytes..<(player + 1) * Self.idBytes]
    }
}
