import Intake
import Testing

@Suite struct ElementSplitterTests {
    private static func split(
        _ text: String,
        step: Int,
        isArrayWanted: Bool = false
    ) throws -> [String] {
        var splitter = ElementSplitter(isArrayWanted: isArrayWanted, elementBytesMax: 100)
        var elements: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            let part = Array(bytes[start..<min(start + step, bytes.count)])
            try splitter.split(part.span) { _, element in
                elements.append(element.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
            }
        }
        try splitter.finish { _, element in
            elements.append(element.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        }
        return elements
    }

    @Test(arguments: [1, 2, 3, 1000])
    func `elements come whole, however the text is cut`(step: Int) throws {
        let text = "[ {\"a\":\"],}\\\"\",\n\"b\":[1,{}]} , 12,\"x,]\" ,null\t]\n"
        #expect(
            try Self.split(text, step: step)
                == ["{\"a\":\"],}\\\"\", \"b\":[1,{}]}", "12", "\"x,]\"", "null"]
        )
        #expect(try Self.split(" {\"a\":1}\n", step: step) == ["{\"a\":1}"])
        #expect(try Self.split("[]", step: step) == [])
        #expect(try Self.split("7", step: step) == ["7"])
    }

    @Test(arguments: [
        "", " ", "[", "[{}", "{", "[,]", "[1,]", "[1 2]", "[] x", "{} {}", "\"a",
        "[" + String(repeating: "1", count: 101),
    ])
    func `what is no array or value is refused`(text: String) {
        #expect(throws: ElementSplitter.Fault.self) { try Self.split(text, step: 1) }
    }

    @Test func `where an array is wanted nothing else will do`() {
        #expect(throws: ElementSplitter.Fault.self) { try Self.split("{}", step: 1, isArrayWanted: true) }
    }
}
