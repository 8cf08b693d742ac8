package import Testing

/// Compares long byte arrays and tells the first difference; `#expect` would search for the smallest edit
/// between them, which takes minutes for a few hundred kilobytes.
package func expectSame(
    _ actual: [UInt8],
    _ expected: [UInt8],
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if actual == expected { return }
    let at = zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let place = at ?? min(actual.count, expected.count)
    Issue.record(
        "byte \(place) of \(actual.count) differs from that of \(expected.count) \(comment)",
        sourceLocation: sourceLocation
    )
}
