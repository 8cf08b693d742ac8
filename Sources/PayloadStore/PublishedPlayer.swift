/// All that the store holds of one player, copied out of it.
package struct PublishedPlayer: Sendable {
    package let user: [UInt8]
    /// Nil where the record is damaged.
    package let answers: PlayerAnswers?
    /// The UTC day the answers were rendered for, in days since 1970-01-01.
    package let day: Int32

    init(_ user: [UInt8], decoding bytes: UnsafeRawBufferPointer) {
        self.user = user
        guard let record = AnswerRecord(bytes, of: user) else {
            (answers, day) = (nil, 0)
            return
        }
        func answer(_ slot: AnswerSlot) -> StoredAnswer? {
            record.frame(slot).map {
                StoredAnswer(template: record.header(slot).template, frame: Array(bytes[$0]))
            }
        }
        day = record.header(.initialize).day
        if let initialize = answer(.initialize), let challenges = answer(.challenges),
            let activeOnly = answer(.activeOnly)
        {
            answers = PlayerAnswers(initialize: initialize, challenges: challenges, activeOnly: activeOnly)
        } else {
            answers = nil
        }
    }
}
