import LoadTest
import Testing

@Suite struct ProcessTextTests {
    @Test func `a process is read whatever its name is`() {
        let text =
            "4242 (a) b) S 17 4242 1 0 -1 4194560 100 200 0 0 150 50 7 3 20 0 9 0 12345 1000000 250 18446744073709551615"
        #expect(
            ProcessText.stat(text) == ProcessText.Stat(parent: 17, ticks: 200, childTicks: 10, threads: 9)
        )
        for text in ["", "1 (x", "1 (x) S", "1 (x) S y z"] { #expect(ProcessText.stat(text) == nil) }
    }

    @Test func `memory is read in bytes`() {
        #expect(ProcessText.residentBytes("Name:\tx\nVmRSS:\t   12345 kB\nThreads:\t2\n") == 12_641_280)
        #expect(ProcessText.residentBytes("Name:\tkthreadd\n") == nil)
    }
}
