import Foundation
import Front
import TestKit
import Testing

@Suite struct TLSCredentialsTests {
    private static func with(_ body: (URL, TestCertificate) throws -> Void) async throws {
        try await TestStore.with { store in
            try body(store.directory, try TestCertificate(in: store.directory))
        }
    }

    @Test func `a certificate and its key are taken`() async throws {
        try await Self.with { _, certificate in
            let credentials = try TLSCredentials(certificate.files)
            #expect(!credentials.isKeyExposed)
            #expect(credentials.reload() == .unchanged)
        }
    }

    @Test func `a key that everybody can read is noticed`() async throws {
        try await Self.with { _, certificate in
            try #require(chmod(certificate.files.key, 0o644) == 0)
            #expect(try TLSCredentials(certificate.files).isKeyExposed)
        }
    }

    @Test func `what cannot be used is named with its file`() async throws {
        try await Self.with { directory, certificate in
            let other = try TestCertificate(in: directory, named: "other")
            let text = directory.appending(path: "text").path()
            try Data("no PEM".utf8).write(to: URL(filePath: text))
            let long = directory.appending(path: "long").path()
            try Data(count: TLSCredentials.fileBytesMax + 1).write(to: URL(filePath: long))
            let good = certificate.files
            let cases: [(String, String, String, String)] = [
                ("/nonexistent/crt", good.key, "/nonexistent/crt", "No such file"),
                (good.certificate, "/nonexistent/key", "/nonexistent/key", "No such file"),
                (directory.path(), good.key, directory.path(), "directory"),
                (text, good.key, text, "no certificate"), (good.certificate, text, text, "no unencrypted"),
                (long, good.key, long, "more than 1048576 bytes"),
                (good.certificate, good.certificate, good.certificate, "no unencrypted"),
                (good.certificate, other.files.key, other.files.key, "not the key"),
            ]
            for (crt, key, path, says) in cases {
                let failure = #expect(throws: TLSCredentials.Failure.self) {
                    try TLSCredentials(TLSCredentials.Files(certificate: crt, key: key))
                }
                #expect(failure?.path == path)
                #expect(failure?.description.contains(says) == true, "\(failure?.description ?? "")")
            }
        }
    }

    @Test func `an encrypted key is refused without asking for its passphrase`() async throws {
        try await Self.with { directory, certificate in
            let locked = directory.appending(path: "locked.key").path()
            let (status, _, error) = try Command.run(
                "/usr/bin/openssl",
                ["ec", "-aes256", "-passout", "pass:secret", "-in", certificate.files.key, "-out", locked]
            )
            try #require(status == 0, "\(error)")
            let files = TLSCredentials.Files(certificate: certificate.files.certificate, key: locked)
            let failure = #expect(throws: TLSCredentials.Failure.self) { try TLSCredentials(files) }
            #expect(failure?.path == locked)
        }
    }

    @Test func `a renewed pair is taken, and half of one waits for the other half`() async throws {
        try await Self.with { directory, certificate in
            let credentials = try TLSCredentials(certificate.files)
            try certificate.renew(named: "renewed")
            #expect(credentials.reload() == .replaced)
            #expect(credentials.reload() == .unchanged)
            let next = try TestCertificate(in: directory, named: "next").files
            try #require(rename(next.certificate, certificate.files.certificate) == 0)
            guard case .kept(let failure) = credentials.reload() else {
                Issue.record("a certificate was taken without its key")
                return
            }
            #expect(failure.path == certificate.files.key)
            try #require(rename(next.key, certificate.files.key) == 0)
            #expect(credentials.reload() == .replaced)
        }
    }
}
