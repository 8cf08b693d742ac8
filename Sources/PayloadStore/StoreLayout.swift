internal import LMDB

/// The databases of a payload store.
///
/// | database | key | value |
/// |---|---|---|
/// | `answers` | player id, UTF-8 | an `AnswerRecord` |
/// | `templates` | SHA-256, 32 bytes | a `TemplateRecord` |
/// | `template_uses` | SHA-256, 32 bytes | how many stored frames need it, u64 |
/// | `daily` | player id, UTF-8 | last UTC day the answers hold for, i32 |
/// | `outcomes` | player id, UTF-8 | an `OutcomeRecord`, where the player has outcomes |
/// | `meta` | `state` | a `PublishedState` |
struct StoreLayout: Sendable {
    static let stateKey = Array("state".utf8)
    private static let outcomesName = "outcomes"

    let answers: Database
    let templates: Database
    let templateUses: Database
    let daily: Database
    let meta: Database
    /// Nil only for readers of a store that was last written before there were outcomes.
    let outcomes: Database?

    /// The databases as they are, nil when some is missing that every version makes: nothing was published.
    init?(existingIn environment: Environment) throws(LMDBError) {
        guard let answers = try environment.database(named: "answers"),
            let templates = try environment.database(named: "templates"),
            let templateUses = try environment.database(named: "template_uses"),
            let daily = try environment.database(named: "daily"),
            let meta = try environment.database(named: "meta")
        else { return nil }
        self.answers = answers
        self.templates = templates
        self.templateUses = templateUses
        self.daily = daily
        self.meta = meta
        outcomes = try Self.outcomes(in: environment)
    }

    /// The database of outcomes, nil where no version that knows of it has written the store yet.
    static func outcomes(in environment: Environment) throws(LMDBError) -> Database? {
        try environment.database(named: outcomesName)
    }

    /// The databases, made where they are missing.
    init(makingIn environment: Environment) throws(LMDBError) {
        answers = try environment.makeDatabase(named: "answers")
        templates = try environment.makeDatabase(named: "templates")
        templateUses = try environment.makeDatabase(named: "template_uses")
        daily = try environment.makeDatabase(named: "daily")
        meta = try environment.makeDatabase(named: "meta")
        outcomes = try environment.makeDatabase(named: Self.outcomesName)
    }

    var all: [Database] { [answers, templates, templateUses, daily, meta] + [outcomes].compactMap(\.self) }
}
