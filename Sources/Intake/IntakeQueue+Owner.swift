package import Goals
package import Ingest

/// What only the log's owner may ask for; all of it runs between two frames.
extension IntakeQueue {
    /// How far a source was ingested, and by which record it is known again.
    package func source(_ name: String) async throws(IntakeError) -> Handover.Source {
        try checkOpen()
        return try await keeper.value { (writer) throws(IntakeError) in try writer.source(name) }
    }

    /// Puts a configuration in force from the log's next record on; durable when it returns.
    ///
    /// `set` is what `bytes` say. Does nothing where nothing changes.
    package func apply(
        _ bytes: [UInt8],
        _ set: ChallengeSet
    ) async throws(IntakeError) -> Handover.Configuration {
        try checkOpen()
        do throws(IntakeError) {
            return try await keeper.value { (writer) throws(IntakeError) in try writer.apply(bytes, set) }
        } catch {
            note(error)
            throw error
        }
    }

    /// Keeps a part of a line that is too long for an event, with the last one durably; gives the bytes kept of it.
    ///
    /// Nil where the parts before this one are not here: the line has to be sent anew.
    package func keep(
        _ bytes: [UInt8],
        _ part: Handover.LongLine
    ) async throws(IntakeError) -> UInt64? {
        try checkOpen()
        let kept = try await keeper.value { (writer) throws(IntakeError) in try writer.keep(bytes, part) }
        if part.isLast, kept != nil { figures.keptLongLine() }
        return kept
    }

    /// Leaves out the entries of a quarantine file that have these keys, durably, and says how many it had.
    package func removeRefused(
        _ keys: Set<String>,
        file name: String
    ) async throws(IntakeError) -> Int {
        try checkOpen()
        return try await keeper.value { (writer) throws(IntakeError) in
            try writer.removeRefused(keys, file: name)
        }
    }

    private func checkOpen() throws(IntakeError) { if isClosed { throw .closed } }
}
