import PayloadStore
import Zstd

/// The templates that one answerer used before, so that it asks the shelf, and waits for its lock, only once for each.
struct TemplatesAtHand {
    private let shelf: TemplateShelf
    /// The last one asked for first.
    private var templates: [ReadyTemplate] = []

    init(shelf: TemplateShelf) { self.shelf = shelf }

    /// A template that was used here before, or lies on the shelf.
    mutating func known(_ id: TemplateID) -> ReadyTemplate? {
        for index in templates.indices where templates[index].id == id {
            if index > 0 { templates.swapAt(0, index) }
            return templates[0]
        }
        guard let shared = shelf.template(id) else { return nil }
        keep(shared)
        return shared
    }

    /// Makes a template ready, here and on the shelf.
    mutating func make(_ id: TemplateID, json: [UInt8]) throws(ZstdError) -> ReadyTemplate {
        let made = try shelf.put(id, json: json)
        keep(made)
        return made
    }

    private mutating func keep(_ template: ReadyTemplate) {
        if templates.count >= TemplateShelf.templatesMax { templates.removeLast() }
        templates.insert(template, at: 0)
    }
}
