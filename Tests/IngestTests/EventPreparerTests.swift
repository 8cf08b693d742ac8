import Goals
import Ingest
import Testing

@Suite struct EventPreparerTests {
    private static let now = Timestamp(microseconds: 1_767_225_600_000_000)

    /// An event with so many keys, but no id and no time.
    private static func line(keys: Int) -> [UInt8] {
        let more = (3..<keys).map { #","k\#($0)":0"# }.joined()
        return Array((#"{"name":"userLoggedIn","namespace":"game","userId":"u""# + more + "}").utf8)
    }

    @Test(arguments: [3, 998, 999, 1000])
    func `a record is known again, however many keys it has with those filled in`(keys: Int) throws {
        var preparer = EventPreparer(namespace: Identifier("game"))
        var records: [UInt8] = []
        let outcome = preparer.prepare(
            Self.line(keys: keys).span,
            origin: .source("s", byteOffset: 7),
            now: Self.now,
            into: &records
        )
        guard case .event(_, _, let key) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        records.removeLast()
        #expect(preparer.key(ofRecord: records.span) == key)
    }

    @Test func `an event with too many keys leaves nothing`() {
        var preparer = EventPreparer(namespace: Identifier("game"))
        var records: [UInt8] = []
        let line = Self.line(keys: 1001)
        guard
            case .rejected(let fault) = preparer.prepare(
                line.span,
                origin: .unnamed,
                now: Self.now,
                into: &records
            )
        else {
            Issue.record("was taken")
            return
        }
        #expect(fault.reason == .notJSON)
        #expect(records.isEmpty)
    }
}
