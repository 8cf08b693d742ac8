import Charts

/// Renders a document as one self-contained page for people.
package enum APIPage {
    /// The page's UTF-8; `source` is where programs find the same.
    package static func render(_ document: APIDocument, source: String) -> [UInt8] {
        HTMLPage.render(title: document.title) { page in
            page.element("header") { page in
                page.element("p", ["class": "kicker"], text: "HTTP API, version \(document.version)")
                page.element("h1", text: document.title)
                page.element("p", ["class": "lead"], text: document.description)
                page.element("p") { page in
                    page.text("The same for programs: ")
                    page.element("a", ["href": source], text: source)
                }
            }
            page.newLine()
            for tag in document.tags {
                page.element("section") { page in
                    page.element("h2", text: tag.name)
                    page.element("p", text: tag.description)
                    for operation in document.operations where operation.tag == tag.name {
                        write(operation, to: &page)
                    }
                }
                page.newLine()
            }
            page.element("section") { page in
                page.element("h2", text: "Who asks")
                HTMLPage.writeFacts(
                    document.securitySchemes.map { ($0.name, $0.description) },
                    to: &page
                )
            }
            page.newLine()
        }
    }

    private static func write(_ operation: APIOperation, to page: inout Markup) {
        page.element("article", ["id": operation.id]) { page in
            page.element("h3") { page in
                page.element("code", text: "\(operation.method.uppercased()) \(operation.path)")
            }
            page.element("p", text: operation.summary + " " + operation.description)
            if !operation.parameters.isEmpty {
                DataTable(
                    caption: "Parameters",
                    heads: ["Name", "In", "What it is"],
                    rows: operation.parameters.map {
                        [.text($0.name), .text($0.place.rawValue), .text($0.description)]
                    }
                ).write(into: &page)
            }
            for body in operation.bodies {
                guard let example = body.example else { continue }
                write(example, "Example of a body: \(body.mediaType)", to: &page)
            }
            DataTable(
                caption: "Answers",
                heads: ["Status", "What it says", "Header fields"],
                rows: operation.answers.map { answer in
                    [
                        .text(String(answer.status)), .text(answer.description),
                        .text(answer.fields.map(\.name).joined(separator: ", ")),
                    ]
                }
            ).write(into: &page)
            for content in operation.answers.compactMap(\.content) {
                guard let example = content.example else { continue }
                write(example, "Example", to: &page)
            }
        }
        page.newLine()
    }

    private static func write(_ example: JSON, _ summary: String, to page: inout Markup) {
        // A text as it is sent, not as JSON quotes it.
        let text = if case .string(let text) = example { text } else { example.text }
        page.element("details", ["class": "data"]) { page in
            page.element("summary", text: summary)
            page.element("div", ["class": "scroll", "tabindex": "0"]) { page in
                page.element("pre") { $0.element("code", text: text) }
            }
        }
    }
}
