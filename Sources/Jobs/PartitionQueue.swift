import Synchronization

/// The partitions of a batch that nobody works on yet; connections take the next one when they are done.
final class PartitionQueue: Sendable {
    private let waiting: Mutex<[Int]>

    /// `partitions` are handed out in their order.
    init(_ partitions: [Int]) { waiting = Mutex(partitions.reversed()) }

    func next() -> Int? { waiting.withLock { $0.popLast() } }
}
