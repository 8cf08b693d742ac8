/// Any bytes as challenges.json: a set that keeps the rules, or faults at lines of the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let text = Array(UnsafeBufferPointer(start: bytes, count: count))
    switch ChallengeFile.read(text) {
    case .invalid(let faults):
        let lines = 1 + text.count { $0 == UInt8(ascii: "\n") }
        precondition(!faults.isEmpty && faults.count <= ChallengeFile.faultsMax, "no faults, or too many")
        precondition(faults.allSatisfy { (1...lines).contains($0.line) }, "a line outside of the file")
    case .valid(let set):
        precondition(
            !set.challenges.isEmpty && Set(set.goals.map(\.id)).count == set.goals.count,
            "an id twice"
        )
        precondition(
            set.goals.allSatisfy { $0.targetValue >= 1 && $0.reward.quantity >= 1 },
            "a number below 1"
        )
    }
    return 0
}
