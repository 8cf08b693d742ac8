/// HTML and SVG under construction: names are constants of the program, everything else is escaped.
///
/// No call takes text that ends up unescaped, so an id such as `<script>` stays text wherever it is shown.
package struct Markup: Sendable {
    /// UTF-8 of what was written so far.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Writes an element with what `body` writes inside it.
    package mutating func element(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:],
        _ body: (inout Markup) -> Void
    ) {
        open(name, attributes)
        put(">")
        body(&self)
        put("</")
        put(name)
        put(">")
    }

    /// Writes an element that holds one text.
    package mutating func element(
        _ name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String> = [:],
        text: String
    ) {
        element(name, attributes) { $0.text(text) }
    }

    /// Writes an element without content, such as `<meta>` or `<rect/>`.
    package mutating func leaf(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:])
    {
        open(name, attributes)
        put("/>")
    }

    /// Writes text, escaped.
    package mutating func text(_ text: String) { escape(text) }

    /// Writes an id or name that players or the game chose: kept apart from the writing direction around it.
    package mutating func name(_ text: String) {
        element("bdi", text: text)
    }

    /// Writes a constant of the program as it stands: style sheets and the document type.
    package mutating func constant(_ text: StaticString) { put(text) }

    /// Ends the line, for people who read the source and for differences of golden files.
    package mutating func newLine() { put("\n") }

    private mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
        put("<")
        put(name)
        for (key, value) in attributes {
            put(" ")
            put(key)
            put("=\"")
            escape(value)
            put("\"")
        }
    }

    private mutating func put(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func escape(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): put("&amp;")
            case UInt8(ascii: "<"): put("&lt;")
            case UInt8(ascii: ">"): put("&gt;")
            case UInt8(ascii: "\""): put("&quot;")
            case UInt8(ascii: "'"): put("&#39;")
            // Controls that HTML forbids become the replacement character; tab and newline stay.
            case 0x00...0x08, 0x0B...0x1F, 0x7F: put("\u{FFFD}")
            default: bytes.append(byte)
            }
        }
    }
}
