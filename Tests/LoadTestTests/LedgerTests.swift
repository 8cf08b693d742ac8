import LoadTest
import Testing

@Suite struct LedgerTests {
    @Test func `an answer must show what was acknowledged before a mark that it includes`() {
        var ledger = Ledger(players: 10, witnesses: 4, isAbsolute: true)
        ledger.acknowledge(player: 1, value: 3, at: 100)
        ledger.mark(offset: 50, sentAt: 200)
        ledger.acknowledge(player: 1, value: 7, at: 300)
        ledger.mark(offset: 90, sentAt: 400)
        ledger.acknowledge(player: 1, value: 8, at: 500)
        #expect(ledger.progressMin(player: 1, offset: 50) == 0)
        #expect(ledger.progressMin(player: 1, offset: 51) == 3)
        #expect(ledger.progressMin(player: 1, offset: 90) == 3)
        #expect(ledger.progressMin(player: 1, offset: 1_000) == 7)
        #expect(ledger.progressMin(player: 2, offset: 1_000) == 0)
        // No witness: nothing is kept.
        ledger.acknowledge(player: 9, value: 5, at: 1)
        #expect(ledger.progressMin(player: 9, offset: 1_000) == 0)
    }

    @Test func `an absolute goal shows the greatest value, a counting one the number`() {
        for (isAbsolute, expected) in [(true, 9), (false, 2)] {
            var ledger = Ledger(players: 1, witnesses: 1, isAbsolute: isAbsolute)
            ledger.acknowledge(player: 0, value: 9, at: 1)
            ledger.acknowledge(player: 0, value: 4, at: 2)
            ledger.mark(offset: 5, sentAt: 3)
            #expect(ledger.progressMin(player: 0, offset: 6) == expected)
        }
    }

    @Test func `memory is bounded, and forgetting only asks for less`() {
        var ledger = Ledger(players: 1, witnesses: 1, isAbsolute: true)
        for time in Int64(1)...10_000 {
            ledger.acknowledge(player: 0, value: Int(time), at: 2 * time)
            ledger.mark(offset: UInt64(time), sentAt: 2 * time + 1)
        }
        #expect(ledger.progressMin(player: 0, offset: 10_001) == 10_000)
        #expect(ledger.progressMin(player: 0, offset: 100) == 0)
        for offset in UInt64(9_000)..<10_000 {
            #expect(ledger.progressMin(player: 0, offset: offset) < offset)
        }
    }

    @Test func `a player's offsets only grow, from one request to the next`() {
        var ledger = Ledger(players: 2, witnesses: 0, isAbsolute: true)
        let answers = [
            ledger.see(player: 0, offset: 10, sentAt: 1, now: 2),
            // Sent before the other one was answered: they may be answered in any order.
            ledger.see(player: 0, offset: 9, sentAt: 1, now: 3),
            ledger.see(player: 0, offset: 9, sentAt: 4, now: 5),
            ledger.see(player: 1, offset: 1, sentAt: 4, now: 5),
            ledger.see(player: 0, offset: 10, sentAt: 6, now: 7),
        ]
        #expect(answers == [true, true, false, true, true])
    }
}
