package import Logging
package import NIOCertificateReloading

/// A server's certificate and key from PEM files, read anew when asked and every minute, for TLS handshakes to come.
///
/// What cannot be read later, or does not fit together, changes nothing: the pair from before stays in use, and the
/// log says so. Connections that are open keep what they began with.
package struct ServerCertificate: Sendable {
    /// PEM files: the certificate with its chain, and its unencrypted private key.
    package struct Files: Sendable, Equatable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Why the files cannot be used.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let files: Files
        package let reason: String

        package var description: String {
            "certificate \(files.certificate) with key \(files.key) cannot be used: \(reason)"
        }
    }

    /// How often the files are looked at.
    private static let interval = Duration.seconds(60)

    /// What the transports ask at each handshake.
    package let reloader: TimedCertificateReloader
    private let files: Files
    private let logger: Logger

    /// Reads the files once.
    package init(_ files: Files, logger: Logger) throws(Failure) {
        self.files = files
        self.logger = logger
        do {
            var configuration = TimedCertificateReloader.Configuration(
                refreshInterval: Self.interval,
                certificateSource: .init(location: .file(path: files.certificate), format: .pem),
                privateKeySource: .init(location: .file(path: files.key), format: .pem)
            )
            configuration.onCertificateLoadFailed = { failure in
                logger.error(
                    "the certificate cannot be read; the one of before stays in use",
                    metadata: ["reason": "\(failure.error)", "file": "\(files.certificate)"]
                )
            }
            reloader = try .makeReloaderValidatingSources(configuration: configuration)
        } catch {
            throw Failure(files: files, reason: "\(error)")
        }
    }

    /// Reads the files anew, now.
    package func reload() {
        do {
            try reloader.reload()
            logger.notice("certificate read anew", metadata: ["file": "\(files.certificate)"])
        } catch {
            // What is called when a reading fails has said why.
            return
        }
    }

    /// Reads the files anew now and then, until cancelled.
    package func run() async {
        do {
            try await reloader.run()
        } catch {
            // Cancellation is all it throws; a failed reading was logged.
            return
        }
    }
}
