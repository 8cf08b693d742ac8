package import Hummingbird
import NIOCore
import NIOSSL

/// What belongs to one request: whose connection it came over.
package struct IngestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Whether the client showed a certificate; one that an authority did not sign ends the handshake.
    func hasCertificate() async throws -> Bool {
        try await channel.nioSSL_peerCertificate().get() != nil
    }
}
