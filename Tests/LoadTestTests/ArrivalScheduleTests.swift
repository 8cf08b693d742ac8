import LoadTest
import Testing

@Suite struct ArrivalScheduleTests {
    @Test func `arrivals are evenly spaced and as many as rate and time say`() {
        var schedule = ArrivalSchedule(perSecond: 300, seconds: 10)
        #expect(schedule.count == 3_000 && schedule.warmUpCount == 0)
        var times: [Int64] = []
        schedule.release(.max) { number, time, isMeasured in
            #expect(number == times.count && isMeasured)
            times.append(time)
        }
        #expect(times.count == 3_000 && times[0] == 0)
        #expect(zip(times, times.dropFirst()).allSatisfy { (3_333_332...3_333_334).contains($1 - $0) })
        #expect(schedule.nextTime == nil)
    }

    @Test func `only what is due is released, each once`() {
        var schedule = ArrivalSchedule(perSecond: 10, seconds: 1)
        var numbers: [Int] = []
        for now in [Int64(0), 99_999_999, 100_000_000, 450_000_000, 450_000_000, 2_000_000_000] {
            schedule.release(now) { number, time, _ in
                #expect(time <= now)
                numbers.append(number)
            }
            #expect(schedule.nextTime.map { $0 > now } ?? true)
        }
        #expect(numbers == Array(0..<10))
    }

    @Test func `in the warm-up the rate grows evenly, unmeasured`() {
        var schedule = ArrivalSchedule(perSecond: 100, seconds: 5, warmUpSeconds: 10)
        #expect(schedule.warmUpCount == 500 && schedule.count == 1_000)
        var perSecond = [Int](repeating: 0, count: 15)
        var measured = 0
        schedule.release(.max) { _, time, isMeasured in
            perSecond[Int(time / 1_000_000_000)] += 1
            if isMeasured { measured += 1 }
        }
        #expect(measured == 500)
        #expect(perSecond[10...].allSatisfy { $0 == 100 })
        for second in 1..<10 {
            #expect(abs(perSecond[second] - (10 * second + 5)) <= 1, "second \(second)")
        }
    }

    @Test func `no rate is no arrivals`() {
        let schedule = ArrivalSchedule(perSecond: 0, seconds: 60, warmUpSeconds: 5)
        #expect(schedule.count == 0 && schedule.nextTime == nil)
    }
}
