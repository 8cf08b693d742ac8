import PayloadStore

/// Small stored values that are told apart by a number.
enum StoreSamples {
    static func template(_ number: Int) -> TemplateID {
        guard let id = TemplateID((0..<32).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }) else {
            preconditionFailure("32 bytes make a template id")
        }
        return id
    }

    static func templateBytes(_ number: Int) -> [UInt8] { Array("template \(number)".utf8) }

    static func user(_ number: Int) -> [UInt8] { Array("player-\(number)".utf8) }

    static func frame(_ number: Int, _ slot: AnswerSlot) -> [UInt8] {
        Array("frame \(number) \(slot)".utf8)
            + Array(repeating: UInt8(truncatingIfNeeded: number), count: 2000)
    }

    static func answers(_ number: Int, template id: TemplateID = template(0)) -> PlayerAnswers {
        PlayerAnswers(
            initialize: StoredAnswer(template: id, frame: frame(number, .initialize)),
            challenges: StoredAnswer(template: id, frame: frame(number, .challenges)),
            activeOnly: StoredAnswer(template: id, frame: frame(number, .activeOnly))
        )
    }

    static func state(day: Int32 = 20_000, templates: [TemplateID] = [template(0)]) -> PublishedState {
        PublishedState(
            databaseID: "2b1f",
            challengesID: "c0ffee",
            day: day,
            publishedAt: 1_728_000_000_123,
            partitions: (0..<16).map {
                PartitionMark(
                    partition: $0,
                    sequence: Int64(day),
                    offset: UInt64(day) * 10 + UInt64($0),
                    foldedAt: 5
                )
            },
            currentTemplates: templates
        )
    }

    /// A batch with template 0 and players 0..<count for a day.
    static func batch(count: Int, day: Int32 = 20_000) throws -> PayloadBatch {
        var batch = PayloadBatch()
        try batch.add(template: template(0), bytes: templateBytes(0))
        for number in 0..<count {
            try batch.put(
                user: user(number),
                partition: UInt16(number % 16),
                day: day,
                answers: answers(number),
                dailyUntil: number % 2 == 0 ? day : nil
            )
        }
        return batch
    }
}
