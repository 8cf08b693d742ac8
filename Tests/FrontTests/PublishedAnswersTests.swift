import Foundation
import Front
import PayloadStore
import Testing

@Suite struct PublishedAnswersTests {
    @Test func `a store that is published later is found, and one that was replaced is followed`()
        async throws
    {
        try await TestStore.with { store in
            let answers = PublishedAnswers(directory: store.store)
            #expect(throws: PayloadStoreError.notPublished(directory: store.store)) { try answers.state() }
            try store.publish([], offset: 1)
            #expect(try answers.state().leastOffset == 1)
            store.close()
            try FileManager.default.moveItem(atPath: store.store, toPath: store.store + ".old")
            try store.publish([], offset: 2)
            // The directory is looked at once a second at most, so the old store may be read until then.
            let deadline = ContinuousClock.now + .seconds(30)
            var offset = try answers.state().leastOffset
            while offset == 1, ContinuousClock.now < deadline {
                await Task.yield()
                offset = try answers.state().leastOffset
            }
            #expect(offset == 2)
        }
    }

    @Test func `lanes are shared by more readers than there are`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 3, 1)])
            let answerers = store.answerer(laneCount: 1)
            let expected = TestStore.json(progress: 3, kind: "challenges")
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        let request = FrontRequest(target: "/challenge/v1/challenges", player: ["p1"])
                        return (0..<100).allSatisfy { _ in answerers.response(to: request).body == expected }
                    }
                }
                for try await isFound in group { #expect(isFound) }
            }
        }
    }
}
