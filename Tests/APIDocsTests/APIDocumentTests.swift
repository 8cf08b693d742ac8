import APIDocs
import Foundation
import Testing

@Suite struct APIDocumentTests {
    private static let document = APIDocument(
        title: "Test <&>",
        version: "2",
        description: "For tests.",
        tags: [("Things", "What there is.")],
        operations: [
            APIOperation(
                "get",
                "/things/{id}",
                id: "thing",
                tag: "Things",
                summary: "One.",
                description: "Or none.",
                parameters: [
                    APIOperation.Parameter(
                        "id",
                        in: .path,
                        "Which.",
                        schema: ["type": "string"],
                        example: "a"
                    ),
                    APIOperation.Parameter("deep", in: .query, "All.", schema: ["type": "boolean"]),
                ],
                answers: [
                    APIOperation.Answer(
                        200,
                        "There.",
                        fields: [APIOperation.Field("ETag", "Which one.")],
                        content: APIOperation.Content(
                            "application/json",
                            schema: true,
                            example: ["x": "</pre>"]
                        )
                    ), .problem(404, ["NOT_FOUND"], "None."),
                ],
                security: "somebody"
            ),
            APIOperation(
                "put",
                "/things/{id}",
                id: "change",
                tag: "Things",
                summary: "Change.",
                description: "",
                bodies: [
                    APIOperation.Content("text/plain", schema: ["type": "string"], example: "new <words>"),
                    APIOperation.Content("application/json", schema: true),
                ],
                answers: [APIOperation.Answer(204, "Done.")]
            ),
        ],
        schemas: [],
        securitySchemes: [APIDocument.SecurityScheme(bearer: "somebody", description: "A token.")]
    )

    @Test func `methods of one path stand together, and parameters in paths are required`() throws {
        let paths = try #require(Self.document.json["paths"])
        guard case .object(let members) = paths else { throw CancellationError() }
        #expect(members.map(\.name) == ["/things/{id}"])
        let path = try #require(paths["/things/{id}"])
        let get = try #require(path["get"])
        guard case .array(let parameters)? = get["parameters"] else { throw CancellationError() }
        #expect(parameters.map { $0["required"] } == [true, false])
        #expect(get["security"] == [["somebody": []]])
        #expect(get["responses"]?["200"]?["headers"]?["ETag"]?["required"] == true)
        let problem = get["responses"]?["404"]?["content"]?["application/problem+json"]?["schema"]
        #expect(problem != nil && Self.document.json["components"]?["schemas"]?["Problem"] != nil)
        let put = try #require(path["put"])
        #expect(put["security"] == [])
        #expect(put["requestBody"]?["content"]?["text/plain"]?["schema"]?["type"] == "string")
        #expect(put["requestBody"]?["content"]?["application/json"]?["schema"] == true)
        #expect(put["responses"]?["204"]?["content"] == nil)
    }

    @Test func `an error has an example, of the path that was asked for`() {
        let answer = Self.document.json["paths"]?["/things/{id}"]?["get"]?["responses"]?["404"]
        let example = answer?["content"]?["application/problem+json"]?["example"]
        #expect(example?["instance"] == "/things/a" && example?["errorCode"] == "NOT_FOUND")
        #expect(example?["title"] == "Not Found" && example?["status"] == 404)
    }

    @Test func `a document is published for programs and for people`() {
        let published = PublishedDocument(Self.document)
        #expect(PublishedDocument.Form(path: "/apidocs") == .page)
        for form in PublishedDocument.Form.allCases {
            #expect(PublishedDocument.Form(path: form.path) == form)
            #expect(published[form].fields.contains { $0.name == "X-Content-Type-Options" })
        }
        #expect(PublishedDocument.Form(path: "/apidocs/x") == nil)
        #expect(published[.json].bytes == Self.document.json.bytes)
        #expect(String(decoding: published[.page].bytes, as: UTF8.self).contains("/apidocs/api.json"))
    }

    @Test func `the page has all of it, as text`() {
        let page = String(decoding: APIPage.render(Self.document, source: "/api.json"), as: UTF8.self)
        for words in [
            "<h1>Test &lt;&amp;&gt;</h1>", "<code>GET /things/{id}</code>", "<code>PUT /things/{id}</code>",
            "&quot;x&quot;: &quot;&lt;/pre&gt;&quot;", "href=\"/api.json\"", "A token.", "ETag",
            "Example of a body: text/plain", "<code>new &lt;words&gt;</code>",
        ] { #expect(page.contains(words), "\(words)") }
        #expect(!page.contains("<script"))
    }
}
