package import PayloadStore
import Synchronization
package import Zstd

/// The templates that are ready, shared by all event loops and threads.
package final class TemplateShelf: Sendable {
    /// Templates kept ready at the same time: three answers, of the newest and some older configurations.
    package static let templatesMax = 12

    private struct Content {
        var templates: [TemplateID: ReadyTemplate] = [:]
        /// In the order they came, oldest first.
        var order: [TemplateID] = []
        var madeCount = 0
    }

    private let content = Mutex(Content())

    package init() {}

    /// The template `id`, or `nil` when it has to be put here first.
    package func template(_ id: TemplateID) -> ReadyTemplate? { content.withLock { $0.templates[id] } }

    /// Makes a template ready, and forgets the oldest one when there are too many.
    package func put(_ id: TemplateID, json: [UInt8]) throws(ZstdError) -> ReadyTemplate {
        let made = try ReadyTemplate(id, json: json)
        return content.withLock { content in
            if let known = content.templates[id] { return known }
            if content.order.count >= Self.templatesMax {
                content.templates[content.order.removeFirst()] = nil
            }
            content.templates[id] = made
            content.order.append(id)
            content.madeCount += 1
            return made
        }
    }

    /// How many templates are ready, and how often one was made ready since the start.
    package var counts: (ready: Int, made: Int) { content.withLock { ($0.order.count, $0.madeCount) } }
}
