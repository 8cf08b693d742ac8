import Foundation
import LMDB
import PayloadStore
import Synchronization
import TestKit
import Testing

/// Writers and readers in different processes.
@Suite struct ProcessTests {
    private let scratch: TemporaryDirectory
    private var directory: String { scratch.path + "/payloads" }

    init() throws { scratch = try TemporaryDirectory() }

    @Test func `a second writing process is refused`() async throws {
        let writer = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
        await #expect(processExitsWith: .exitCode(75)) { [directory = directory as String] in
            do {
                _ = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            } catch PayloadStoreError.lmdb(.locked) {
                exit(75)
            }
        }
        #expect(try writer.state() == nil)
    }

    @Test func `a reader sees the commits of another process at once`() async throws {
        try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            .commit(StoreSamples.batch(count: 1, day: 1), state: StoreSamples.state(day: 1))
        let reader = try PublishedStore(directory: directory).makeReader()
        #expect(try reader.state().day == 1)
        await #expect(processExitsWith: .success) { [directory = directory as String] in
            // A larger map than before: readers have address space to spare.
            try PayloadWriter(directory: directory, mapBytes: 256 << 20)
                .commit(StoreSamples.batch(count: 20_000, day: 2), state: StoreSamples.state(day: 2))
        }
        #expect(try reader.state().day == 2)
        #expect(
            try reader.withAnswer(of: StoreSamples.user(19_999), .initialize) { header, _ in header.day } == 2
        )
    }

    /// Kills the writer after its n-th commit, while it fills the next batch.
    @Test(arguments: 1...4)
    func `a killed writer leaves its last commit`(commits: Int) async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = directory as String, commits = commits as Int] in
            let writer = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            for day in Int32(1)...9 {
                let batch = try StoreSamples.batch(count: 5 * Int(day), day: day)
                if day > commits { raise(SIGKILL) }
                try writer.commit(batch, state: StoreSamples.state(day: day))
            }
        }
        let writer = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
        #expect(try writer.state() == StoreSamples.state(day: Int32(commits)))
        #expect(try writer.playerCount() == 5 * commits)
    }

    @Test func `a writer killed inside of a transaction leaves the state before it`() async throws {
        try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            .commit(StoreSamples.batch(count: 3, day: 1), state: StoreSamples.state(day: 1))
        await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
            let environment = try Environment.openReadWrite(directory: directory, mapBytes: 64 << 20)
            guard let answers = try environment.database(named: "answers"),
                let meta = try environment.database(named: "meta")
            else { exit(1) }
            try environment.write { batch throws(LMDBError) in
                for number in 0..<2000 {
                    try batch.put(
                        Array(repeating: 0, count: 9000),
                        in: answers,
                        under: StoreSamples.user(number)
                    )
                }
                try batch.removeAll(from: meta)
                raise(SIGKILL)
            }
        }
        do {
            let reader = try PublishedStore(directory: directory).makeReader()
            #expect(try reader.state() == StoreSamples.state(day: 1))
            let day = try reader.withAnswer(of: StoreSamples.user(2), .challenges) { header, _ in header.day }
            #expect(day == 1)
        }
        let writer = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
        #expect(try writer.playerCount() == 3)
    }

    @Test func `a reader sees whole commits only, while another process writes`() async throws {
        let last: Int32 = 150
        try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            .commit(StoreSamples.batch(count: 8, day: 1), state: StoreSamples.state(day: 1))
        let hasEnded = Mutex(false)
        let directory = directory
        async let mismatches = Task.detached {
            let reader = try PublishedStore(directory: directory).makeReader()
            var (mismatches, day) = (0, Int32(0))
            while day < last, !hasEnded.withLock({ $0 }) {
                day = try reader.read { view throws(PayloadStoreError) in
                    for number in 0..<8 {
                        let found = try view.withAnswer(of: StoreSamples.user(number), .activeOnly) {
                            header,
                            _ in
                            header.day
                        }
                        if found != view.state.day { mismatches += 1 }
                    }
                    return view.state.day
                }
                await Task.yield()
            }
            return mismatches
        }.value
        await #expect(processExitsWith: .success) { [directory = directory as String, last = last as Int32] in
            let writer = try PayloadWriter(directory: directory, mapBytes: 64 << 20)
            for day in 2...last {
                try writer.commit(StoreSamples.batch(count: 8, day: day), state: StoreSamples.state(day: day))
            }
        }
        hasEnded.withLock { $0 = true }
        #expect(try await mismatches == 0)
    }

    @Test func `the slots of a killed reader are freed`() async throws {
        let environment = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
            let environment = try Environment.openReadOnly(directory: directory)
            let snapshots = try (0..<3).map { _ in try ReadSnapshot(environment) }
            try snapshots[0].begin()
            withExtendedLifetime(snapshots) { _ = raise(SIGKILL) }
        }
        #expect(try environment.reapStaleReaders() == 3)
        #expect(try environment.reapStaleReaders() == 0)
    }
}
