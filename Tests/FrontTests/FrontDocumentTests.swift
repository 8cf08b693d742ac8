import APIDocs
import Foundation
import Front
import TestKit
import Testing

/// What the document says is what the front does.
@Suite struct FrontDocumentTests {
    private static let operations = FrontDocument.document.operations

    private static func route(_ operation: APIOperation) -> Route {
        let path = operation.path.replacing("{sha256}", with: String(repeating: "a7", count: 32))
            .replacing("{eventId}", with: "r1")
        return Route(method: operation.method.uppercased(), target: path)
    }

    @Test func `every operation is a route, and every route an operation`() {
        let labels = Self.operations.map { RequestMetrics.RouteLabel(Self.route($0)) }
        #expect(!labels.contains(.other))
        // The one that takes its difference in the query is the same operation.
        let documented = Set(labels).union([.activeOnly])
        #expect(documented == Set(RequestMetrics.RouteLabel.allCases).subtracting([.other]))
    }

    @Test func `ids are unique and tags known`() {
        #expect(Set(Self.operations.map(\.id)).count == Self.operations.count)
        let tags = FrontDocument.document.tags.map(\.name)
        #expect(Self.operations.allSatisfy { tags.contains($0.tag) })
    }

    @Test func `every error code is documented with its status`() throws {
        let text = String(decoding: FrontDocument.document.json.bytes, as: UTF8.self)
        for code in Problem.Code.allCases {
            #expect(text.contains(code.rawValue), "\(code)")
            guard code != .methodNotAllowed else { continue }
            let status = Problem(code, "").status
            let isListed = Self.operations.flatMap(\.answers).contains { answer in
                answer.status == status && answer.description.contains("`\(code.rawValue)`")
            }
            #expect(isListed, "\(code) with \(status)")
        }
    }
}
