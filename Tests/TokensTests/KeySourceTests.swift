import Foundation
import Logging
import TestKit
import Testing
import Tokens

/// Keys come from a file or over HTTP, and stay when the source goes.
@Suite struct KeySourceTests {
    private static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func source(_ place: String, _ ring: KeyRing) -> KeySource {
        KeySource(KeySource.Place(place), ring: ring, refreshSeconds: 600, now: { 5 }, logger: silent)
    }

    private static func failure(_ source: KeySource) async -> String? {
        do throws(KeySource.Failure) {
            try await source.refresh()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `a file is read anew, and kept when it is gone or garbled`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/keys.json"
        let write = { (text: String) in try Data(text.utf8).write(to: URL(filePath: path)) }
        let ring = KeyRing()
        let source = Self.source(path, ring)
        #expect(await Self.failure(source) != nil)
        #expect(ring.generation == 0 && ring.readAt == nil)
        try write("{\"keys\":[\(try TokenForge().jwk)]}")
        #expect(await Self.failure(source) == nil)
        #expect(ring.generation == 1 && ring.current.count == 1 && ring.readAt == 5)
        // Nothing changed: what was verified stays remembered.
        #expect(await Self.failure(source) == nil)
        #expect(ring.generation == 1)
        try write("{\"keys\":[\(try TokenForge().jwk),\(try TokenForge(id: "key-2").jwk)]}")
        #expect(await Self.failure(source) == nil)
        #expect(ring.generation == 2 && ring.current.count == 2)
        try write("{\"keys\":[")
        #expect(await Self.failure(source)?.contains("JSON Web Key Set") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(await Self.failure(source) != nil)
        #expect(ring.generation == 2 && ring.current.count == 2)
    }

    @Test func `a URL that nobody answers is said without its password`() async {
        let source = Self.source("http://user:secret@127.0.0.1:1/jwks", KeyRing())
        do throws(KeySource.Failure) {
            try await source.refresh()
            Issue.record("nobody listens there")
        } catch {
            #expect(error.description.hasPrefix("token keys from the URL on 127.0.0.1 cannot be used"))
            #expect(!error.description.contains("secret"))
        }
    }

    @Test func `a place is a URL by how it begins`() {
        #expect(KeySource.Place("https://iam.example/jwks") == .url("https://iam.example/jwks"))
        #expect(KeySource.Place("HTTP://iam.example/jwks") == .url("HTTP://iam.example/jwks"))
        #expect(KeySource.Place("/etc/goalpost/jwks.json") == .file("/etc/goalpost/jwks.json"))
        #expect(KeySource.Place("https.json") == .file("https.json"))
    }
}
