import Synchronization

/// Whether somebody asked the test to end early.
package final class StopRequest: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}
    package var isSet: Bool { flag.load(ordering: .relaxed) }
    package func set() { flag.store(true, ordering: .relaxed) }
}
