import Front
import Settings

extension FrontLimits {
    /// The limits as they are set.
    init(_ settings: Settings) {
        self.init()
        connectionsMax = settings.frontConnectionsMax
        headerBytesMax = settings.frontHeaderBytesMax
        bodyBytesMax = settings.frontBodyBytesMax
        idleSeconds = settings.frontIdleSeconds
        requestSeconds = settings.frontRequestSeconds
        writeSeconds = settings.frontWriteSeconds
        streamsMax = settings.frontStreamsMax
    }
}
