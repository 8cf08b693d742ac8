import Disk
import EventLog
package import Goals
import Ingest
import IngestLink
package import Logging
package import Settings

/// `goalpost quarantine`: what was refused and why, and another try for it.
package struct QuarantineJob {
    /// A day's file, summed up.
    package struct Day: Encodable, Sendable {
        package let file: String
        package let entries: Int
        /// Entries by reason.
        package let reasons: [String: Int]
        package let firstTime: String?
        package let lastTime: String?
        /// Lines of the file that are no entries.
        package let unreadable: Int
    }

    /// One refused line.
    package struct Entry: Encodable, Sendable {
        package let file: String
        package let number: Int
        package let time: String
        package let reason: String
        package let detail: String
        package let source: String?
        package let byteOffset: UInt64
        package let bytes: UInt64
        /// The line as text; what is no UTF-8 is replaced.
        package let line: String?
        /// Where a line lies that is longer than an event may be.
        package let rawPath: String?
    }

    package struct Redriven: Encodable, Sendable {
        package var accepted = 0
        /// In the log already, so that their entries go too.
        package var duplicates = 0
        /// Still no events of this game: they stay.
        package var refused = 0
        /// Refused now, by reason.
        package var reasons: [String: Int] = [:]
        package var nextOffset: UInt64 = 0
    }

    /// Bytes of records that are committed together: 1 MiB.
    private static let frameBytes = 1 << 20

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

    private var directory: String { access.workspace.quarantine }

    /// Each day's file, oldest first.
    package func days() throws -> [Day] {
        try names().map { name in
            let file = try file(name)
            return Day(
                file: name,
                entries: file.lines.count,
                reasons: Dictionary(file.lines.map { ($0.reason, 1) }, uniquingKeysWith: +),
                firstTime: file.lines.first?.time,
                lastTime: file.lines.last?.time,
                unreadable: file.unreadable.count
            )
        }
    }

    /// The entries of one file, or of all.
    package func entries(file name: String?) throws -> [Entry] {
        try (name.map { [$0] } ?? names()).flatMap { name in try file(name).lines.map { entry($0, name) } }
    }

    package func show(file name: String, number: Int) throws -> Entry {
        guard let line = try file(name).lines.first(where: { $0.number == number }) else {
            throw JobError(
                .noInput,
                "\(directory)/\(name) has no entry \(number): `goalpost quarantine ls --entries`"
            )
        }
        return entry(line, name)
    }

    /// Feeds refused lines to the log again: of one file or all, of one number or all.
    ///
    /// What is accepted now, or known already, leaves the quarantine once it is durable in the log. Killed between the
    /// two, a rerun recognises it: a missing id is derived from the entry.
    package func redrive(file name: String?, number: Int?) async throws -> Redriven {
        let namespace = try settings.requiredNamespace()
        let names = try name.map { [$0] } ?? names()
        if let name, let number { _ = try show(file: name, number: number) }
        let writer: LogWriter
        do {
            writer = try access.openWriter(settings, now: now)
        } catch {
            let link = try await access.link(insteadOf: error)
            return try await link.closing { link in
                try await redrive(
                    names,
                    number,
                    QuarantineHandover(link: link, namespace: namespace, now: now)
                )
            }
        }
        defer { writer.close() }
        _ = try access.governing(writer.nextOffset)
        _ = try writer.rollIfDue()
        let window = DedupeWindow(
            capacity: settings.dedupeEvents,
            ageMax: settings.dedupeSeconds > 0 ? Int64(settings.dedupeSeconds) * 1000 : nil
        )
        var admission = EventAdmission(namespace: namespace, window: window, takesDeliveries: false)
        try admission.recall(access.directory, end: writer.nextOffset)
        var total = Redriven()
        for name in names {
            let file = try file(name)
            var done: Set<Int> = []
            var frame = Frame(writer)
            for line in file.lines where number == nil || line.number == number {
                if try admit(line, &admission, &frame, &total) { done.insert(line.number) }
            }
            try frame.commit()
            try file.remove(done, volume: access.volume, directory: directory)
        }
        total.nextOffset = writer.nextOffset
        return total
    }

    /// The same by way of the server that writes the log.
    private func redrive(
        _ names: [String],
        _ number: Int?,
        _ handover: QuarantineHandover
    ) async throws -> Redriven {
        var handover = handover
        for name in names { try await handover.redrive(try file(name), number: number) }
        var total = handover.total
        total.nextOffset = try access.directory.end()
        return total
    }

    /// Records on their way into the log.
    private struct Frame {
        private let writer: LogWriter
        var bytes: [UInt8] = []
        private var count: UInt32 = 0
        private var least = Int64.max
        private var greatest = Int64.min

        init(_ writer: LogWriter) { self.writer = writer }

        var nextOffset: UInt64 { writer.nextOffset + UInt64(count) }

        mutating func add(time: Timestamp) {
            count += 1
            (least, greatest) = (min(least, time.milliseconds), max(greatest, time.milliseconds))
        }

        mutating func commit() throws {
            guard count > 0 else { return }
            _ = try writer.append(
                FrameContent(bytes: bytes, recordCount: count, leastTime: least, greatestTime: greatest)
            )
            self = Frame(writer)
        }
    }

    /// Whether the line is in the log now, or will be with the frame.
    private func admit(
        _ line: QuarantinedLine,
        _ admission: inout EventAdmission,
        _ frame: inout Frame,
        _ total: inout Redriven
    ) throws -> Bool {
        guard let content = line.line, line.mayBeRedriven else {
            total.refuse(line.reason)
            return false
        }
        let origin = line.origin
        let decision = admission.admit(
            content.span,
            origin: .source(origin.source, byteOffset: origin.byteOffset),
            offset: frame.nextOffset,
            now: now(),
            into: &frame.bytes
        )
        switch decision {
        case .accepted(let time):
            total.accepted += 1
            frame.add(time: time)
            if frame.bytes.count >= Self.frameBytes { try frame.commit() }
            return true
        case .duplicate:
            total.duplicates += 1
            return true
        case .otherNamespace:
            total.refuse("other_namespace")
            return false
        case .rejected(let fault):
            total.refuse(fault.reason.rawValue)
            return false
        }
    }

    private func names() throws -> [String] {
        try QuarantineFile.names(volume: access.volume, directory: directory)
    }

    private func file(_ name: String) throws -> QuarantineFile {
        guard try names().contains(name) else {
            throw JobError(.noInput, "\(directory) has no file \(name): `goalpost quarantine ls` lists them")
        }
        return try QuarantineFile(volume: access.volume, directory: directory, name: name)
    }

    private func entry(_ line: QuarantinedLine, _ name: String) -> Entry {
        Entry(
            file: name,
            number: line.number,
            time: line.time,
            reason: line.reason,
            detail: line.detail,
            source: line.source,
            byteOffset: line.byteOffset,
            bytes: line.byteCount,
            line: line.line.map { String(decoding: $0, as: UTF8.self) },
            rawPath: line.rawFile.map { directory + "/" + $0 }
        )
    }
}

extension QuarantineJob.Redriven {
    mutating func refuse(_ reason: String) {
        refused += 1
        reasons[reason, default: 0] += 1
    }
}
