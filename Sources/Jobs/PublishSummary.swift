/// What one publish did.
package struct PublishSummary: JobSummary {
    /// Players whose answers were rendered and stored.
    package var players: UInt64 = 0
    /// Answers stored: three a player.
    package var answers: UInt64 = 0
    /// Bytes of all stored frames.
    package var frameBytes: UInt64 = 0
    /// Whether everybody was published: first run, new configuration, another database, or asked for.
    package var isFull = false
    /// Whether it went on where a killed run had stopped.
    package var isResumed = false
    /// Players rendered since a new UTC day ended what their answers showed.
    package var playersForNewDay: UInt64 = 0
    /// The UTC day that answers are for.
    package var day = ""
    /// First log offset that the answers did not include before; nil where nothing was published.
    package var fromOffset: UInt64?
    /// First log offset that the answers do not include yet.
    package var offset: UInt64 = 0
    package var seconds = 0.0

    package init() {}

    package var offsets: (from: UInt64?, next: UInt64?) { (fromOffset, offset) }
}
