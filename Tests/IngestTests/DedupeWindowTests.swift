import Ingest
import TestKit
import Testing

@Suite struct DedupeWindowTests {
    /// The window against a plain list of the newest ids, through eviction and reinsertion.
    @Test(arguments: 1...10)
    func `exactly the newest ids are known, with their first offsets`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let capacity = 1 + Int(random.next() % 100)
        var window = DedupeWindow(capacity: capacity)
        var newest: [(id: [UInt8], offset: UInt64)] = []
        let scope: [UInt8] = []
        for offset in 0..<UInt64(3000) {
            let id = Array("id-\(random.next() % 300)".utf8)
            let known = newest.first { $0.id == id }?.offset
            #expect(window.offset(scope: scope.span, id: id.span, now: 0) == known, "seed \(seed)")
            guard known == nil else { continue }
            window.insert(scope: scope.span, id: id.span, offset: offset, now: 0)
            newest.append((id, offset))
            if newest.count > capacity { newest.removeFirst() }
            #expect(window.count == newest.count)
        }
    }

    @Test func `a scope keeps one player's id from hiding another's`() {
        var window = DedupeWindow(capacity: 8)
        let one: [UInt8] = [1]
        let two: [UInt8] = [2]
        let id = Array("same".utf8)
        window.insert(scope: one.span, id: id.span, offset: 7, now: 0)
        #expect(window.offset(scope: one.span, id: id.span, now: 0) == 7)
        #expect(window.offset(scope: two.span, id: id.span, now: 0) == nil)
    }

    @Test func `capacity 0 switches it off`() {
        var window = DedupeWindow(capacity: 0)
        let id = Array("x".utf8)
        window.insert(scope: id.span, id: id.span, offset: 1, now: 0)
        #expect(window.offset(scope: id.span, id: id.span, now: 0) == nil)
    }

    @Test func `an id is known for the set time, and begins anew afterwards`() {
        var window = DedupeWindow(capacity: 8, ageMax: 1000)
        let scope: [UInt8] = []
        let id = Array("x".utf8)
        window.insert(scope: scope.span, id: id.span, offset: 1, now: 5000)
        #expect(window.offset(scope: scope.span, id: id.span, now: 6000) == 1)
        #expect(window.offset(scope: scope.span, id: id.span, now: 6001) == nil)
        window.insert(scope: scope.span, id: id.span, offset: 2, now: 6001)
        #expect(window.offset(scope: scope.span, id: id.span, now: 7001) == 2)
        #expect(window.count == 1)
    }
}
