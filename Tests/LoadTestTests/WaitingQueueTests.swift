import LoadTest
import Testing

@Suite struct WaitingQueueTests {
    private static func arrival(_ number: Int) -> Arrival { Arrival(intended: Int64(number), kind: .login) }

    @Test(arguments: [1, 2, 1_023, 1_024, 1_025, 5_000])
    func `takes its limit and not one more, oldest first`(limit: Int) {
        var queue = WaitingQueue(limit: limit)
        let taken = (0...limit).filter { queue.append(Self.arrival($0)) }
        #expect(taken == Array(0..<limit) && queue.count == limit)
        let first = queue.take(1)
        #expect(first.map(\.intended) == [0])
        // The ring goes on where the oldest was.
        let hasRoom = queue.append(Self.arrival(limit))
        let rest = queue.take(limit + 5)
        #expect(hasRoom && rest.map(\.intended) == (1...Int64(limit)).map { $0 })
        #expect(queue.isEmpty)
        let none = queue.take(3)
        #expect(none.isEmpty)
    }

    @Test func `keeps its order while it grows`() {
        var queue = WaitingQueue(limit: 10_000)
        var out: [Int64] = []
        for number in 0..<9_000 {
            let hasRoom = queue.append(Self.arrival(number))
            #expect(hasRoom)
            if number % 3 == 0 { out += queue.take(1).map(\.intended) }
        }
        out += queue.take(10_000).map(\.intended)
        #expect(out == Array(0..<9_000))
    }
}
