import Foundation
import Testing

/// What the gzip program makes of a member; anything it has to say against it is an issue of the test.
package func gunzip(_ member: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appending(path: "goalpost-\(UUID()).gz")
    defer { do { try FileManager.default.removeItem(at: file) } catch { Issue.record(error) } }
    try Data(member).write(to: file)
    let (status, output, error) = try Command.run("/usr/bin/gzip", ["--decompress", "--stdout", file.path()])
    #expect(status == 0, "\(error)")
    return Array(output)
}
