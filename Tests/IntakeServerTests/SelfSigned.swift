import Foundation
import TestKit
import Testing

/// A certificate for 127.0.0.1 that is its own authority, and its key, made by the openssl command.
struct SelfSigned {
    let certificate: String
    let key: String
    private let name: String

    init(in directory: String, named name: String) throws {
        (certificate, key, self.name) = ("\(directory)/\(name).crt", "\(directory)/\(name).key", name)
        try Self.make(name, certificate, key)
    }

    /// Puts a new pair in the place of the files.
    func renew() throws {
        try Self.make(name, certificate + ".new", key + ".new")
        for file in [certificate, key] { try #require(rename(file + ".new", file) == 0) }
    }

    private static func make(_ name: String, _ certificate: String, _ key: String) throws {
        let (status, _, error) = try Command.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                certificate,
            ]
        )
        try #require(status == 0, "openssl: \(error)")
        try #require(chmod(key, 0o600) == 0)
    }
}
