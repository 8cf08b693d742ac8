import Foundation
import LoadTest
import Synchronization
import Testing

@Suite struct StopRequestTests {
    @Test func `handlers hear the first two signals, and whoever comes late the ones before`() throws {
        let stop = StopRequest()
        let heard = Mutex<[Int]>([])
        let forgotten = stop.whenSet { _ in Issue.record("was forgotten") }
        stop.forget(forgotten)
        _ = stop.whenSet { count in heard.withLock { $0.append(count) } }
        try stop.check()
        #expect(stop.signal == nil && !stop.isSet)
        stop.set(signal: SIGHUP)
        stop.set(signal: SIGINT)
        stop.set(signal: SIGTERM)
        #expect(heard.withLock { $0 } == [1, 2])
        #expect(stop.signal == SIGHUP && stop.isSet)
        #expect(throws: LoadTestError.interrupted) { try stop.check() }
        _ = stop.whenSet { count in heard.withLock { $0.append(count * 10) } }
        #expect(heard.withLock { $0 } == [1, 2, 20])
    }
}
