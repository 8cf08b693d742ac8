/// One setting with the value it got and who gave it, as shown to people.
package struct ResolvedSetting: Sendable, Equatable {
    package let name: SettingName
    /// The text as given, or `nil` when unset; of a secret only that it is set.
    package let shown: String?
    package let source: SettingSource

    /// What stands in for a secret wherever a value would be shown.
    package static let redacted = "(set, not shown)"
}

/// Reads settings one by one: option over variable over file over default, each checked against its table row.
struct SettingsResolver {
    private let environment: [String: String]
    private let file: SettingsFile
    private let options: [SettingName: (option: String, text: String)]
    private(set) var resolved: [ResolvedSetting] = []

    init(
        environment: [String: String],
        file: SettingsFile,
        options: [SettingName: (option: String, text: String)]
    ) {
        self.environment = environment
        self.file = file
        self.options = options
    }

    /// The text of `name`, or `nil` where it is unset and has no default.
    mutating func text(_ name: SettingName) throws(SettingsError) -> String? {
        let key = SettingKey(name)
        let (text, source) = try find(key)
        if let text, case .choice(let choices) = key.kind, !choices.contains(text) {
            throw .notAChoice(shown: shown(text, key), source: source, choices: choices)
        }
        resolved.append(
            ResolvedSetting(name: name, shown: text.map { shown($0, key) }, source: source)
        )
        return text
    }

    /// The text of a setting that has a default.
    mutating func requiredText(_ name: SettingName) throws(SettingsError) -> String {
        guard let text = try text(name) else {
            preconditionFailure("setting \(name.rawValue) is read as required but its row has no default")
        }
        return text
    }

    /// The number of `name`, inside its range.
    mutating func number(_ name: SettingName) throws(SettingsError) -> Int {
        let key = SettingKey(name)
        let text = try requiredText(name)
        let source = resolved.last?.source ?? .standard
        guard case .number(let range, let unit) = key.kind else {
            preconditionFailure("setting \(name.rawValue) is read as a number but its row says otherwise")
        }
        guard let value = Int(text) else {
            throw .notANumber(shown: shown(text, key), source: source, unit: unit)
        }
        guard range.contains(value) else {
            throw .outOfRange(value, source: source, range: range, unit: unit)
        }
        return value
    }

    private func find(_ key: SettingKey) throws(SettingsError) -> (String?, SettingSource) {
        if let given = options[key.name] {
            guard !given.text.isEmpty else { throw .notAValue(source: .option(given.option)) }
            return (given.text, .option(given.option))
        }
        // An empty variable counts as unset: it is how shells and container files pass "nothing".
        if let text = environment[key.name.variable], !text.isEmpty {
            return (text, .variable(key.name.variable))
        }
        if key.name != .data, let text = try file.text(of: key.name) {
            return (text, .file(path: file.path, key: key.name.rawValue))
        }
        return (key.standard, .standard)
    }

    private func shown(_ text: String, _ key: SettingKey) -> String {
        key.isSecret ? ResolvedSetting.redacted : text
    }
}
