/// One self-contained page: no script, no file beside it, nothing fetched; a content policy forbids the rest.
package enum HTMLPage {
    /// The page's bytes; `body` writes what stands inside `<main>`.
    package static func render(title: String, _ body: (inout Markup) -> Void) -> [UInt8] {
        var page = Markup()
        page.constant("<!DOCTYPE html>\n")
        page.element("html", ["lang": "en"]) { page in
            page.newLine()
            page.element("head") { page in
                page.leaf("meta", ["charset": "utf-8"])
                page.newLine()
                page.leaf(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                    ]
                )
                page.newLine()
                page.leaf("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                page.leaf("meta", ["name": "color-scheme", "content": "light dark"])
                // Without it a browser asks the server, or the directory, for an icon.
                page.leaf("link", ["rel": "icon", "href": "data:,"])
                page.newLine()
                page.element("title", text: title)
                page.newLine()
                page.element("style") { $0.constant(PageStyle.text) }
            }
            page.newLine()
            page.element("body") { page in
                page.element("main", ["class": "page"]) { page in
                    page.newLine()
                    body(&page)
                }
            }
            page.newLine()
        }
        page.newLine()
        return page.bytes
    }

    /// Writes a row of headline numbers, each with its label and a remark (empty for none).
    package static func writeNumbers(
        _ numbers: [(label: String, value: String, remark: String)],
        to page: inout Markup
    ) {
        page.element("dl", ["class": "numbers"]) { page in
            for number in numbers {
                page.element("div") { page in
                    page.element("dt", text: number.label)
                    page.element("dd") { page in
                        page.text(number.value)
                        if !number.remark.isEmpty { page.element("small", text: number.remark) }
                    }
                }
                page.newLine()
            }
        }
        page.newLine()
    }

    /// Writes a list of facts, name and value.
    package static func writeFacts(_ facts: [(label: String, value: String)], to page: inout Markup) {
        page.element("dl", ["class": "facts"]) { page in
            for fact in facts {
                page.element("dt", text: fact.label)
                page.element("dd", text: fact.value)
                page.newLine()
            }
        }
        page.newLine()
    }
}
