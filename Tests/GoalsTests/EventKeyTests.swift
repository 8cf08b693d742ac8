import Goals
import Testing

@Suite struct EventKeyTests {
    @Test(arguments: ["", "a", "0190-…", "it's %41", #"\"#, String(repeating: "x", count: EventKey.bytesMax)])
    func `an id that PostgreSQL can index stands as it is`(id: String) {
        #expect(EventKey.key(Array(id.utf8)) == Array(id.utf8))
    }

    @Test(
        arguments: [
            Array(repeating: UInt8(0x78), count: EventKey.bytesMax + 1),
            Array(repeating: 0x78, count: 65_536), [0],
            [0xFF, 0xFE], [0x61, 0, 0x62], Array(#"\x61"#.utf8), Array(repeating: 0, count: 300),
        ] as [[UInt8]]
    )
    func `any other id gets a stand-in that PostgreSQL can index`(id: [UInt8]) {
        let key = EventKey.key(id)
        #expect(key != id)
        #expect(key.count <= EventKey.bytesMax)
        #expect(key.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(key == EventKey.key(id))
    }

    @Test(
        arguments: [
            [0x61], [0xFF, 0xFE], [0x61, 0, 0x62], Array(#"\x61"#.utf8), Array(repeating: 0, count: 64),
        ] as [[UInt8]]
    )
    func `a key tells a short id`(id: [UInt8]) {
        #expect(EventKey.id(of: EventKey.key(id)) == id)
    }

    @Test(
        arguments: [Array(repeating: UInt8(0), count: 65), Array(repeating: 0x78, count: 300)] as [[UInt8]]
    )
    func `a key does not tell a long id that it stands in for`(id: [UInt8]) {
        #expect(EventKey.id(of: EventKey.key(id)) == nil)
    }

    @Test
    func `different ids have different keys`() {
        let long = Array(repeating: UInt8(0x78), count: 1000)
        let ids: [[UInt8]] = [
            long, long.dropLast(), long.dropLast() + [0x79], [0], [0, 0], Array(#"\x00"#.utf8),
        ]
        #expect(Set(ids.map { EventKey.key($0) }).count == ids.count)
    }
}
