import Goals
import TestKit
import Testing

@Suite struct PlayerTableTests {
    @Test(arguments: 1...5)
    func `ids keep their numbers through growth, and bytes decide`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var table = PlayerTable()
        var known: [Identifier: UInt32] = [:]
        for _ in 0..<5000 {
            let id = Identifier("p\(random.next() % 2000)")
            let index = table.index(of: id)
            #expect(known[id, default: index] == index)
            known[id] = index
        }
        #expect(table.count == known.count)
        for (id, index) in known {
            #expect(table.existingIndex(of: id) == index)
            #expect(table.id(index) == id)
        }
        #expect(table.existingIndex(of: Identifier("nobody")) == nil)
        let sorted = table.indicesInIDOrder().map { table.id($0) }
        #expect(sorted == known.keys.sorted())
    }

    @Test func `composed and decomposed spellings are two players`() {
        var table = PlayerTable()
        #expect(table.index(of: Identifier("é")) != table.index(of: Identifier("e\u{301}")))
        #expect(table.count == 2)
    }
}
