import Foundation
import Front
import Testing

@Suite struct ProblemTests {
    private static func members(_ response: FrontResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    @Test func `a problem is a whole document of its kind`() throws {
        let problem = Problem(.methodNotAllowed, "Only reading.", fields: [.init("Allow", "GET")])
        let response = problem.response(target: "/a/b?c=d")
        #expect(response.status == 405)
        #expect(response["content-type"] == "application/problem+json")
        #expect(response["Allow"] == "GET")
        #expect(response["Cache-Control"] == "no-store")
        let members = try Self.members(response)
        #expect(members["type"] as? String == "about:blank")
        #expect(members["title"] as? String == "Method Not Allowed")
        #expect(members["status"] as? Int == 405)
        #expect(members["detail"] as? String == "Only reading.")
        #expect(members["instance"] as? String == "/a/b")
        #expect(members["errorCode"] as? String == "METHOD_NOT_ALLOWED")
        #expect(members.count == 6)
    }

    @Test(arguments: ["/\"", "/\\", "/\u{1}\u{1F}\u{7F}", "/\n\r\t", "/é", "/\u{1F600}", "", "/</script>"])
    func `any path comes back as it was`(target: String) throws {
        let response = Problem(.notFound, target).response(target: target)
        let members = try Self.members(response)
        #expect(members["instance"] as? String == target)
        #expect(members["detail"] as? String == target)
    }

    @Test func `a long path is cut`() throws {
        let response = Problem(.notFound, "x").response(target: String(repeating: "a", count: 100_000))
        #expect(response.body.count < 2000)
        #expect((try Self.members(response)["instance"] as? String)?.count == 1024)
    }
}
