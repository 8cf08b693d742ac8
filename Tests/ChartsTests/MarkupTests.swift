import Charts
import Testing

@Suite struct MarkupTests {
    private func text(_ body: (inout Markup) -> Void) -> String {
        var markup = Markup()
        body(&markup)
        return String(decoding: markup.bytes, as: UTF8.self)
    }

    @Test func `text and attribute values are escaped, names are set apart`() {
        let nasty = "</p><script a='1' b=\"2\">&amp;"
        let escaped = "&lt;/p&gt;&lt;script a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;"
        #expect(
            text { $0.element("p", ["title": nasty], text: nasty) }
                == "<p title=\"\(escaped)\">\(escaped)</p>"
        )
        #expect(text { $0.name("هدف") } == "<bdi>هدف</bdi>")
        #expect(text { $0.leaf("rect", ["x": "1"]) } == "<rect x=\"1\"/>")
    }

    @Test func `characters that HTML forbids become the replacement character`() {
        for scalar in UInt8(0)..<32 where ![9, 10].contains(scalar) {
            #expect(text { $0.text("a\(UnicodeScalar(scalar))b") } == "a\u{FFFD}b", "\(scalar)")
        }
        #expect(text { $0.text("a\tb\nc\u{7F}") } == "a\tb\nc\u{FFFD}")
    }
}
