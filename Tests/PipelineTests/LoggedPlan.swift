import Foundation

/// One statement as the server ran it, from what auto_explain wrote into its log as JSON.
struct LoggedPlan {
    /// One place of a plan that touches a table.
    struct Access: Hashable {
        /// Such as `Seq Scan`, `Index Scan`, `ModifyTable`.
        let node: String
        let relation: String
        /// Nil where none was used.
        let index: String?
        /// How often it was run; 0 where it turned out not to be needed.
        let loops: Int
    }

    /// Its text, white space drawn together.
    let query: String
    /// Depth first, as the plan has them.
    let accesses: [Access]

    /// Tables of which every page was read.
    var scannedWhole: Set<String> {
        Set(accesses.filter { $0.node == "Seq Scan" && $0.loops > 0 }.map(\.relation))
    }

    /// Every plan in a piece of the log; a piece that is no plan is passed over, a plan that is no JSON an error.
    static func all(in log: String) throws -> [LoggedPlan] {
        var plans: [LoggedPlan] = []
        var text: [Substring]?
        for line in log.split(separator: "\n") {
            if line.hasPrefix("\t") {
                text?.append(line.dropFirst())
            } else {
                if let whole = text { plans.append(try LoggedPlan(json: whole.joined(separator: "\n"))) }
                text = line.hasSuffix("plan:") ? [] : nil
            }
        }
        if let whole = text { plans.append(try LoggedPlan(json: whole.joined(separator: "\n"))) }
        return plans
    }

    private init(json: String) throws {
        // A statement's own line breaks are escaped in JSON, so that a line of the log is never cut.
        let document = try JSONDecoder().decode(Document.self, from: Data(json.utf8))
        query = document.query.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var accesses: [Access] = []
        Self.collect(document.plan, into: &accesses)
        self.accesses = accesses
    }

    private static func collect(_ node: Node, into accesses: inout [Access]) {
        if let relation = node.relation {
            accesses.append(
                Access(node: node.type, relation: relation, index: node.index, loops: node.loops ?? 0)
            )
        }
        for part in node.parts ?? [] { collect(part, into: &accesses) }
    }

    private struct Document: Decodable {
        let query: String
        let plan: Node
        enum CodingKeys: String, CodingKey {
            case query = "Query Text"
            case plan = "Plan"
        }
    }

    private struct Node: Decodable {
        let type: String
        let relation: String?
        let index: String?
        let loops: Int?
        let parts: [Node]?
        enum CodingKeys: String, CodingKey {
            case type = "Node Type"
            case relation = "Relation Name"
            case index = "Index Name"
            case loops = "Actual Loops"
            case parts = "Plans"
        }
    }
}
