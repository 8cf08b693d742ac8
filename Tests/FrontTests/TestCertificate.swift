import Foundation
import Front
import TestKit
import Testing

/// A certificate for 127.0.0.1 and its key, made by the openssl command.
struct TestCertificate {
    let files: TLSCredentials.Files

    /// Makes both in `directory`; `name` tells certificates apart.
    init(in directory: URL, named name: String = "front") throws {
        files = TLSCredentials.Files(
            certificate: directory.appending(path: "\(name).crt").path(),
            key: directory.appending(path: "\(name).key").path()
        )
        try Self.make(name, files)
    }

    /// Puts a new certificate and key in the place of the files.
    func renew(named name: String) throws {
        let fresh = TLSCredentials.Files(certificate: files.certificate + ".new", key: files.key + ".new")
        try Self.make(name, fresh)
        for (new, old) in [(fresh.certificate, files.certificate), (fresh.key, files.key)] {
            try #require(rename(new, old) == 0)
        }
    }

    private static func make(_ name: String, _ files: TLSCredentials.Files) throws {
        let (status, _, error) = try Command.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files.key,
                "-out",
                files.certificate,
            ]
        )
        try #require(status == 0, "openssl: \(error)")
        try #require(chmod(files.key, 0o600) == 0)
    }

    /// The settings that have a front use them.
    var settings: [String: String] {
        [
            "GOALPOST_FRONT_TLS_CERTIFICATE_FILE": files.certificate,
            "GOALPOST_FRONT_TLS_KEY_FILE": files.key,
        ]
    }
}
