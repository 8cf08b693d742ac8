/// Any bytes as one event's line: both ways of scanning say the same, and none of them ends the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let line = UnsafeBufferPointer(start: bytes, count: count)
    let now = Timestamp(microseconds: 1_767_225_600_000_000)
    func said(_ usesCommonLayout: Bool) -> String {
        var scanner = EventScanner(
            namespace: Identifier("demo"),
            checks: true,
            usesCommonLayout: usesCommonLayout
        )
        do throws(EventFault) {
            return "\(try scanner.scan(Span(_unsafeElements: line), now: now))"
        } catch {
            return "\(error)"
        }
    }
    precondition(said(true) == said(false), "the two ways differ")
    return 0
}
