import Foundation
package import Testing

/// Compares bytes with the file `fixtures/<name>`; with `GOLDEN_UPDATE=1` in the environment, writes it instead.
///
/// The fixtures are found from this file's place in the source tree.
package func expectGolden(
    _ bytes: [UInt8],
    at name: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let file = fixturesDirectory.appending(path: name)
    if ProcessInfo.processInfo.environment["GOLDEN_UPDATE"] == "1" {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: file)
        return
    }
    let golden = [UInt8](try Data(contentsOf: file))
    if golden == bytes { return }
    let index =
        zip(golden, bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? min(golden.count, bytes.count)
    Issue.record(
        "fixtures/\(name): \(golden.count) bytes expected, \(bytes.count) found; they differ from byte \(index) on",
        sourceLocation: sourceLocation
    )
}

/// `fixtures/` of the source tree.
private var fixturesDirectory: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures")
}
