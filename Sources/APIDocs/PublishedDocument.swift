/// A document as a server answers with it: two forms, made once, with the header fields that belong to them.
package struct PublishedDocument: Sendable {
    /// Which of the two is asked for.
    package enum Form: Sendable, CaseIterable {
        /// OpenAPI 3.1, for programs.
        case json
        /// A page, for people.
        case page

        /// Where it is.
        package var path: String {
            switch self {
            case .json: "/apidocs/api.json"
            case .page: "/apidocs/"
            }
        }

        /// Nil for every other path; `path` has no query.
        ///
        /// The page is found without the last slash, too.
        package init?(path: some StringProtocol) {
            switch path {
            case "/apidocs/api.json": self = .json
            case "/apidocs/", "/apidocs": self = .page
            default: return nil
            }
        }
    }

    /// A whole answer with status 200.
    package struct Answer: Sendable {
        package let fields: [(name: String, value: String)]
        package let bytes: [UInt8]
    }

    private let json: Answer
    private let page: Answer

    package init(_ document: APIDocument) {
        json = Self.answer("application/json", document.json.bytes)
        page = Self.answer(
            "text/html; charset=utf-8",
            APIPage.render(document, source: Form.json.path)
        )
    }

    package subscript(_ form: Form) -> Answer {
        switch form {
        case .json: json
        case .page: page
        }
    }

    private static func answer(_ type: String, _ bytes: [UInt8]) -> Answer {
        Answer(
            fields: [
                ("Content-Type", type), ("Cache-Control", "public, max-age=3600"),
                ("X-Content-Type-Options", "nosniff"),
                (
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
                ),
            ],
            bytes: bytes
        )
    }

    /// The operations by which a document tells where it is itself.
    ///
    /// `tag` is one of the document's; `others` is what any route of the server may answer besides.
    package static func operations(tag: String, others: [APIOperation.Answer]) -> [APIOperation] {
        [
            APIOperation(
                "get",
                Form.json.path,
                id: "description",
                tag: tag,
                summary: "This description as OpenAPI 3.1.",
                description: "",
                answers: [
                    APIOperation.Answer(
                        200,
                        "The description.",
                        content: APIOperation.Content(
                            "application/json",
                            schema: ["type": "object", "required": ["openapi", "info", "paths"]],
                            example: ["openapi": "3.1.0", "info": [:], "paths": [:]]
                        )
                    )
                ] + others
            ),
            APIOperation(
                "get",
                Form.page.path,
                id: "page",
                tag: tag,
                summary: "This description as a page.",
                description: "",
                answers: [
                    APIOperation.Answer(
                        200,
                        "The page.",
                        content: APIOperation.Content(
                            "text/html",
                            schema: ["type": "string"],
                            example: "<!DOCTYPE html>…"
                        )
                    )
                ] + others
            ),
        ]
    }
}
