import Goals
import Intake

/// Adds up what became of a request's events, and says it in JSON of bounded size.
struct EventTally {
    /// Most results that are listed one by one.
    static let listedMax = 1000

    private(set) var count = 0
    private var accepted = 0
    private var duplicates = 0
    private var otherNamespace = 0
    private var rejected = 0
    private var firstOffset: UInt64?
    private var lastOffset: UInt64?
    private var listed: [(index: Int, result: ItemResult)] = []
    /// Refused events that are not listed.
    private var unlistedRejected = 0
    private var isCut = false

    mutating func add(_ results: [ItemResult]) {
        for result in results {
            let index = count
            count += 1
            switch result {
            case .accepted(let offset):
                accepted += 1
                firstOffset = firstOffset ?? offset
                lastOffset = offset
            case .duplicate: duplicates += 1
            case .otherNamespace: otherNamespace += 1
            case .rejected: rejected += 1
            }
            list(index, result)
        }
    }

    /// Keeps all results of a small request; of a large one only the refused, as many as there is room for.
    private mutating func list(_ index: Int, _ result: ItemResult) {
        if count > Self.listedMax, !isCut {
            isCut = true
            listed.removeAll { if case .rejected = $0.result { false } else { true } }
        }
        let isRejected = if case .rejected = result { true } else { false }
        guard !isCut || isRejected else { return }
        if listed.count < Self.listedMax {
            listed.append((index, result))
        } else {
            unlistedRejected += 1
        }
    }

    /// The refusal of a request that was one event.
    var onlyFault: EventFault? {
        guard count == 1, case .rejected(let fault) = listed.first?.result else { return nil }
        return fault
    }

    var json: String {
        var text = #"{"accepted":\#(accepted),"duplicates":\#(duplicates),"#
        text += #""otherNamespace":\#(otherNamespace),"rejected":\#(rejected)"#
        if let firstOffset, let lastOffset {
            text += #","firstOffset":\#(firstOffset),"lastOffset":\#(lastOffset)"#
        }
        if isCut { text += #","rejectedNotListed":\#(unlistedRejected)"# }
        text += #","results":["#
        text += listed.map(Self.json).joined(separator: ",")
        return text + "]}\n"
    }

    private static func json(_ index: Int, _ result: ItemResult) -> String {
        switch result {
        case .accepted(let offset): #"{"index":\#(index),"result":"accepted","offset":\#(offset)}"#
        case .duplicate(let offset): #"{"index":\#(index),"result":"duplicate","offset":\#(offset)}"#
        case .otherNamespace: #"{"index":\#(index),"result":"otherNamespace"}"#
        case .rejected(let fault):
            #"{"index":\#(index),"result":"rejected","reason":"\#(fault.reason.rawValue)","#
                + #""detail":\#(JSONLiteral.quoted(fault.detail))}"#
        }
    }
}
