import Glibc
import NIOSSL
import Synchronization

/// The certificate and key that the front shows itself by, taken anew when the files change.
///
/// `Sendable`: NIOSSL's contexts may be shared by threads, and the newest one lies in a mutex.
package final class TLSCredentials: Sendable {
    /// Where certificate and key lie, both in PEM.
    package struct Files: Sendable, Equatable {
        /// The server's certificate first, then those that lead to one that clients trust.
        package var certificate: String
        /// The certificate's private key, not encrypted.
        package var key: String

        package init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
    }

    /// Why there is no certificate where one should be.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "TLS file \(path) cannot be used: \(reason)" }
    }

    /// What reading the files anew came to.
    package enum Reload: Equatable, Sendable {
        case unchanged
        /// New connections get the new certificate; open ones keep theirs.
        case replaced
        /// The files are no certificate with its key at the moment; the last one stays.
        case kept(Failure)
    }

    /// A longer file is no certificate: 1 MiB.
    package static let fileBytesMax = 1 << 20
    /// What is offered to clients, the best first.
    package static let protocols = ["h2", "http/1.1"]

    private struct Loaded {
        var certificate: [UInt8]
        var key: [UInt8]
        var context: NIOSSLContext
    }

    package let files: Files
    private let loaded: Mutex<Loaded>

    /// Reads both files.
    package init(_ files: Files) throws(Failure) {
        self.files = files
        loaded = Mutex(try Self.load(files))
    }

    /// What new connections are set up with.
    var context: NIOSSLContext { loaded.withLock { $0.context } }

    /// Whether everybody on this machine can read the key.
    package var isKeyExposed: Bool { FileMode.isReadableByOthers(files.key) }

    /// Reads the files and takes them where they have changed; blocks, so never called on an event loop.
    package func reload() -> Reload {
        do throws(Failure) {
            let (certificate, key) = (try Self.read(files.certificate), try Self.read(files.key))
            guard loaded.withLock({ $0.certificate != certificate || $0.key != key }) else {
                return .unchanged
            }
            let fresh = try Self.make(files, certificate, key)
            loaded.withLock { $0 = Loaded(certificate: certificate, key: key, context: fresh) }
            return .replaced
        } catch {
            return .kept(error)
        }
    }

    private static func load(_ files: Files) throws(Failure) -> Loaded {
        let (certificate, key) = (try read(files.certificate), try read(files.key))
        return Loaded(certificate: certificate, key: key, context: try make(files, certificate, key))
    }

    private static func make(
        _ files: Files,
        _ certificate: [UInt8],
        _ key: [UInt8]
    ) throws(Failure) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMBytes(certificate) } catch {
            throw Failure(path: files.certificate, reason: "it holds no certificate in PEM")
        }
        guard !chain.isEmpty else {
            throw Failure(path: files.certificate, reason: "it holds no certificate in PEM")
        }
        let privateKey: NIOSSLPrivateKey
        // Without a passphrase an encrypted key is no key; one that is asked for would be read from the terminal.
        do {
            privateKey = try NIOSSLPrivateKey(bytes: key, format: .pem) { use in use([UInt8]()) }
        } catch {
            throw Failure(path: files.key, reason: "it holds no unencrypted private key in PEM")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw Failure(
                path: files.key,
                reason: "it is not the key of the certificate in \(files.certificate)"
            )
        }
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let got = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
            if got == 0 { return bytes }
            bytes += piece[..<got]
            guard bytes.count <= fileBytesMax else {
                throw Failure(path: path, reason: "it has more than \(fileBytesMax) bytes")
            }
        }
    }
}
