import IngestRPC
import Testing

@Suite struct OneTimeEventTests {
    @Test func `who waits before it and who waits after it goes on`() async {
        let event = OneTimeEvent()
        #expect(!event.hasHappened)
        async let waiting: Void = event.wait()
        event.happen()
        await waiting
        #expect(event.hasHappened)
        await event.wait()
    }

    @Test func `it may happen again`() async {
        let event = OneTimeEvent()
        event.happen()
        event.happen()
        await event.wait()
        #expect(event.hasHappened)
    }

    @Test func `a cancelled task waits no longer, and nothing has happened`() async {
        let event = OneTimeEvent()
        let task = Task { await event.wait() }
        task.cancel()
        await task.value
        #expect(!event.hasHappened)
    }
}
