import Disk
import EventLog
package import Goals
package import Ingest
import IngestLink
package import Logging
package import Settings

/// `goalpost ingest`: lines from files or standard input into the log.
package struct IngestJob {
    /// Bytes of a file's first line that name it as a source.
    private static let nameBytesMax = 65_536

    private let settings: Settings
    private let access: LogAccess
    private let log: Logger
    private let now: @Sendable () -> Timestamp

    package init(
        settings: Settings,
        access: LogAccess,
        log: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.log = log
        self.now = now
    }

    /// Ingests each input in turn, "-" being standard input.
    ///
    /// `source` names a single input for resuming. Without it a file is its path and first line, and standard input
    /// has no name and cannot be resumed. `progress` gets what is done of all inputs.
    package func run(
        inputs: [String],
        source: String?,
        progress: ((IngestSummary) -> Void)? = nil
    ) async throws -> IngestSummary {
        let namespace = try settings.requiredNamespace()
        // Every input is opened first, so that a wrong name stops the command before it has done half.
        let opened = try inputs.map { name in
            name == "-" ? InputFile.standardInput : try InputFile.open(name)
        }
        let writer: LogWriter
        do {
            writer = try access.openWriter(settings, now: now)
        } catch {
            let link = try await access.link(insteadOf: error)
            return try await link.closing { link in
                try await handOver(inputs, opened, source, namespace, link, progress)
            }
        }
        defer { writer.close() }
        if !writer.recovery.isClean {
            log.notice("the log was mended after a crash", metadata: ["recovery": "\(writer.recovery)"])
        }
        // A record that no configuration governs could never be folded.
        _ = try access.governing(writer.nextOffset)
        _ = try writer.rollIfDue()
        let window = DedupeWindow(
            capacity: settings.dedupeEvents,
            ageMax: settings.dedupeSeconds > 0 ? Int64(settings.dedupeSeconds) * 1000 : nil
        )
        var admission = EventAdmission(namespace: namespace, window: window)
        try admission.recall(access.directory, end: writer.nextOffset)
        let ingest = LineIngest(
            writer: writer,
            quarantine: Quarantine(volume: access.volume, directory: access.workspace.quarantine),
            admission: admission,
            now: now
        )
        var total = IngestSummary()
        total.nextOffset = writer.nextOffset
        if let progress {
            ingest.progress = { current in
                var sum = total
                sum.add(current)
                progress(sum)
            }
        }
        for (name, input) in zip(inputs, opened) {
            let source = try source ?? sourceName(of: name)
            let summary = try ingest.ingest(input, source: source)
            total.add(summary)
            total.nextOffset = writer.nextOffset
        }
        return total
    }

    /// The same by way of the server that writes the log.
    private func handOver(
        _ inputs: [String],
        _ opened: [InputFile],
        _ source: String?,
        _ namespace: Identifier,
        _ link: WriterLink,
        _ progress: ((IngestSummary) -> Void)?
    ) async throws -> IngestSummary {
        var total = IngestSummary()
        total.nextOffset = try access.directory.end()
        for (name, input) in zip(inputs, opened) {
            let before = total
            var handover = LineHandover(link: link, namespace: namespace) { current in
                var sum = before
                sum.add(current)
                progress?(sum)
            }
            total.add(try await handover.ingest(input, source: try source ?? sourceName(of: name)))
        }
        return total
    }

    /// A file's name as a source: its real path and a hash of its first line.
    ///
    /// The first line tells a new file under an old path from the one that was ingested before.
    private func sourceName(of name: String) throws -> String? {
        guard name != "-" else { return nil }
        let input = try InputFile.open(name)
        guard input.byteCount != nil else { return nil }
        var bytes: [UInt8] = []
        let count = try input.read(into: &bytes, byteCountMax: Self.nameBytesMax)
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
        let path = try access.volume.realPath(name)
        let hash = EventIDs.id(source: String(decoding: line, as: UTF8.self), byteOffset: UInt64(line.count))
        let suffix = "#" + hash
        // A long path keeps its end, which tells files apart.
        let room = SourcePosition.nameBytesMax - suffix.utf8.count - "file:".utf8.count
        let tail = String(decoding: Array(path.utf8).suffix(room), as: UTF8.self)
        return "file:" + tail.unicodeScalars.filter { $0 != "\u{FFFD}" }.map(String.init).joined() + suffix
    }
}

extension IngestJob {
    /// Bytes of all inputs, for a progress bar; nil when one has no size or is compressed.
    package static func byteCount(of inputs: [String]) -> UInt64? {
        var total: UInt64 = 0
        for name in inputs {
            guard name != "-", !name.hasSuffix(".zst") else { return nil }
            do throws(DiskError) {
                guard let count = try InputFile.open(name).byteCount else { return nil }
                total += count
            } catch {
                // Opening it for reading reports the error.
                return nil
            }
        }
        return total
    }
}
