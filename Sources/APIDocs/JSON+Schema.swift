/// Schemas (JSON Schema 2020-12) that documents have many of.
extension JSON {
    /// An object that has all of `required`, and may have `optional`; others only where it is `open`.
    package static func objectSchema(
        _ required: [Member],
        optional: [Member] = [],
        isOpen: Bool = false
    )
        -> JSON
    {
        var members = [Member("type", "object")]
        if !isOpen { members.append(Member("additionalProperties", false)) }
        if !required.isEmpty {
            members.append(Member("required", .array(required.map { .string($0.name) })))
        }
        members.append(Member("properties", .object(required + optional)))
        return .object(members)
    }

    /// A whole number from 0 on.
    package static func countSchema(_ description: String) -> JSON {
        ["type": "integer", "minimum": 0, "description": .string(description)]
    }

    /// One of the document's own schemas.
    package static func schema(named name: String) -> JSON {
        ["$ref": .string("#/components/schemas/" + name)]
    }
}
