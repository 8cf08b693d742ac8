import Foundation
import Inflate
import Testing

@Suite struct GzipDecompressorTests {
    /// What gzip makes of `text`.
    private static func gzip(_ text: Data) throws -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path()
        try text.write(to: URL(filePath: path))
        defer { unlink(path) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-c", path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Array(bytes)
    }

    @Test(arguments: [1, 7, 512, 1 << 20])
    func `members come out whole, however they arrive`(step: Int) throws {
        let text = Data((0..<30_000).map { "line \($0 % 777)\n" }.joined().utf8)
        let bytes = try Self.gzip(text) + Self.gzip(Data("more".utf8))
        let decompressor = try GzipDecompressor()
        var content: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            let part = Array(bytes[start..<min(start + step, bytes.count)])
            try decompressor.decompress(part.span.bytes) { content += $0 }
        }
        try decompressor.finish()
        #expect(content == Array(text) + Array("more".utf8))
    }

    @Test func `damage and a missing end are said`() throws {
        let bytes = try Self.gzip(Data("hello hello hello".utf8))
        let cut = try GzipDecompressor()
        try cut.decompress(Array(bytes.dropLast(3)).span.bytes) { _ in }
        #expect(throws: InflateError.truncated) { try cut.finish() }
        let wrong = try GzipDecompressor()
        #expect(throws: InflateError.self) {
            try wrong.decompress(Array("not gzip".utf8).span.bytes) { _ in }
        }
    }
}
