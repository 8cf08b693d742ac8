/// How far a hash partition is published: the fold's generation that its players' answers show.
package struct PartitionMark: Hashable, Sendable {
    package var partition: UInt16
    /// The partition's newest change that is published.
    package var sequence: Int64
    /// First log offset that the answers do not include yet.
    package var offset: UInt64
    /// When the fold committed that offset, in ms since 1970.
    package var foldedAt: Int64

    package init(partition: UInt16, sequence: Int64, offset: UInt64, foldedAt: Int64) {
        self.partition = partition
        self.sequence = sequence
        self.offset = offset
        self.foldedAt = foldedAt
    }
}

/// Where a publish of everybody stands, so that a killed one goes on.
package struct FullRunProgress: Hashable, Sendable {
    /// The configuration it renders, hex SHA-256.
    package var challengesID: String
    /// The UTC day it renders for, in days since 1970-01-01.
    package var day: Int32
    /// The partition it is in.
    package var partition: UInt16
    /// The last player committed in that partition; empty before the first.
    package var lastUser: [UInt8]

    package init(challengesID: String, day: Int32, partition: UInt16, lastUser: [UInt8]) {
        self.challengesID = challengesID
        self.day = day
        self.partition = partition
        self.lastUser = lastUser
    }
}

/// What the store shows: which database, configuration, day and generation, and the templates of now.
///
/// Stored in the transaction that stores the answers it describes. The record: format version (1), the fields
/// in the order of `encode`, the XXH64 of all before it; integers little-endian, texts behind a u32 length.
package struct PublishedState: Hashable, Sendable {
    private static let version: UInt8 = 1
    private static let textBytesMax = 4096
    /// Most partitions a state can name.
    package static let partitionsMax = 65_536

    /// UUID of the PostgreSQL database published from.
    package var databaseID: String
    /// The configuration shown and how it is rendered: hex SHA-256 of its file and templates.
    package var challengesID: String
    /// The UTC day shown, in days since 1970-01-01.
    package var day: Int32
    /// When the last batch was published, in ms since 1970.
    package var publishedAt: Int64
    /// By partition number, ascending.
    package var partitions: [PartitionMark]
    /// The templates for players without events, in the order of `AnswerSlot`; empty before the first publish of
    /// everybody has ended, when nobody can say who has no events.
    package var currentTemplates: [TemplateID]
    /// Set while a publish of everybody has not ended.
    package var fullRun: FullRunProgress?

    package init(
        databaseID: String,
        challengesID: String,
        day: Int32,
        publishedAt: Int64,
        partitions: [PartitionMark] = [],
        currentTemplates: [TemplateID],
        fullRun: FullRunProgress? = nil
    ) {
        self.databaseID = databaseID
        self.challengesID = challengesID
        self.day = day
        self.publishedAt = publishedAt
        self.partitions = partitions
        self.currentTemplates = currentTemplates
        self.fullRun = fullRun
    }

    /// The mark of a partition, nil when it was never published.
    package func mark(of partition: UInt16) -> PartitionMark? {
        // All partitions from 0 on are there as a rule, so that a partition lies at its own number.
        if Int(partition) < partitions.count, partitions[Int(partition)].partition == partition {
            return partitions[Int(partition)]
        }
        return partitions.first { $0.partition == partition }
    }

    /// The log offset that every answer includes: the least of all partitions, 0 when there are none.
    package var leastOffset: UInt64 { partitions.lazy.map(\.offset).min() ?? 0 }

    /// The current template of a kind of answer, nil when the state names none.
    package func template(_ slot: AnswerSlot) -> TemplateID? {
        slot.rawValue < currentTemplates.count ? currentTemplates[slot.rawValue] : nil
    }

    func encode() -> [UInt8] {
        var writer = FieldWriter()
        writer.append(Self.version)
        writer.append(text: Array(databaseID.utf8))
        writer.append(text: Array(challengesID.utf8))
        writer.append(day)
        writer.append(publishedAt)
        writer.append(UInt32(partitions.count))
        for mark in partitions {
            writer.append(mark.partition)
            writer.append(mark.sequence)
            writer.append(mark.offset)
            writer.append(mark.foldedAt)
        }
        writer.append(UInt32(currentTemplates.count))
        for template in currentTemplates { writer.bytes.append(contentsOf: template.bytes) }
        writer.append(UInt8(fullRun == nil ? 0 : 1))
        if let fullRun {
            writer.append(text: Array(fullRun.challengesID.utf8))
            writer.append(fullRun.day)
            writer.append(fullRun.partition)
            writer.append(text: fullRun.lastUser)
        }
        writer.appendChecksum()
        return writer.bytes
    }

    /// Nil when the bytes are no whole record of this version.
    init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 8 else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes[0..<(bytes.count - 8)])
        var tail = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - 8)...]))
        var reader = FieldReader(body)
        guard tail.read(UInt64.self) == Checksum.xxh64(body), reader.read(UInt8.self) == Self.version,
            let databaseID = reader.readText(countMax: Self.textBytesMax),
            let challengesID = reader.readText(countMax: Self.textBytesMax),
            let day = reader.read(Int32.self), let publishedAt = reader.read(Int64.self),
            let partitions = Self.readPartitions(&reader), let templates = Self.readTemplates(&reader),
            let hasFullRun = reader.read(UInt8.self)
        else { return nil }
        self.init(
            databaseID: String(decoding: databaseID, as: UTF8.self),
            challengesID: String(decoding: challengesID, as: UTF8.self),
            day: day,
            publishedAt: publishedAt,
            partitions: partitions,
            currentTemplates: templates
        )
        if hasFullRun == 1 {
            guard let challengesID = reader.readText(countMax: Self.textBytesMax),
                let day = reader.read(Int32.self), let partition = reader.read(UInt16.self),
                let lastUser = reader.readText(countMax: Self.textBytesMax)
            else { return nil }
            fullRun = FullRunProgress(
                challengesID: String(decoding: challengesID, as: UTF8.self),
                day: day,
                partition: partition,
                lastUser: lastUser
            )
        }
        guard reader.remaining == 0 else { return nil }
    }

    private static func readPartitions(_ reader: inout FieldReader) -> [PartitionMark]? {
        guard let count = reader.read(UInt32.self), count <= partitionsMax else { return nil }
        var marks: [PartitionMark] = []
        for _ in 0..<count {
            guard let partition = reader.read(UInt16.self), let sequence = reader.read(Int64.self),
                let offset = reader.read(UInt64.self), let foldedAt = reader.read(Int64.self)
            else { return nil }
            marks.append(
                PartitionMark(partition: partition, sequence: sequence, offset: offset, foldedAt: foldedAt)
            )
        }
        return marks
    }

    private static func readTemplates(_ reader: inout FieldReader) -> [TemplateID]? {
        guard let count = reader.read(UInt32.self), count <= AnswerSlot.allCases.count else { return nil }
        var templates: [TemplateID] = []
        for _ in 0..<count {
            guard let bytes = reader.readBytes(TemplateID.byteCount), let id = TemplateID(bytes) else {
                return nil
            }
            templates.append(id)
        }
        return templates
    }
}
