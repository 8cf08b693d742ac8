import EventLog
package import IngestLink

extension LogAccess {
    /// The server that holds the log's lock, where that is why the writer could not be opened.
    ///
    /// Throws `failure` where the reason is another one, or no server answers: another program holds the lock then.
    package func link(insteadOf failure: any Error) async throws -> WriterLink {
        guard case .writerLocked? = failure as? LogError,
            let link = await WriterLink.open(logDirectory: directory.path)
        else { throw failure }
        return link
    }
}
