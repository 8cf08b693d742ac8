/// Any bytes as JSON: the scanner stays inside of the text, and whatever it takes is UTF-8 with one value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let text = UnsafeBufferPointer(start: bytes, count: count)
    var scanner = JSONScanner(text)
    do throws(JSONFault) {
        try scanner.skipValue(depth: 1)
        try scanner.expectEnd()
        precondition(scanner.at == count, "it took bytes that it did not look at")
    } catch {
        precondition((0...count).contains(error.byteOffset), "a place outside of the text")
    }
    if let at = UTF8Check.firstInvalid(text) {
        precondition(at < count && String(validating: text, as: UTF8.self) == nil, "it is UTF-8")
    } else {
        precondition(String(validating: text, as: UTF8.self) != nil, "it is not UTF-8")
    }
    return 0
}
