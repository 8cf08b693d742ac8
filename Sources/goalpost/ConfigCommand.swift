import ArgumentParser
import Settings

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show every setting: its value, who gave it, its default, range and meaning.",
        discussion: """
            A setting comes from its GOALPOST_* variable, else from goalpost.yaml in the data directory, else it has
            its default. Unknown variables and keys are errors. Secrets are never shown, only that they are set.
            """
    )

    @OptionGroup var common: CommonOptions

    /// One setting as people and scripts read it.
    private struct Row: Encodable {
        let key: String
        let variable: String
        /// Absent when unset; of a secret only that it is set.
        let value: String?
        let source: String
        let standard: String?
        let range: String
        let meaning: String

        private enum CodingKeys: String, CodingKey {
            case key, variable, value, source
            case standard = "default"
            case range, meaning
        }

        init(_ resolved: ResolvedSetting) {
            let setting = SettingKey(resolved.name)
            key = resolved.name.rawValue
            variable = resolved.name.variable
            value = resolved.shown
            source = resolved.source.description
            standard = setting.standard
            range =
                switch setting.kind {
                case .text: setting.isSecret ? "text, a secret" : "text"
                case .number(let range, let unit): "\(range.lowerBound) to \(range.upperBound) \(unit)"
                case .choice(let choices): choices.joined(separator: ", ")
                }
            meaning = setting.meaning
        }

        var lines: [String] {
            [
                "\(key): \(value ?? "(not set)")",
                "    \(meaning)",
                "    from \(source); \(variable); \(range); default \(standard ?? "none")",
            ]
        }
    }

    func run() async throws {
        try await common.perform {
            let rows = try await common.settings().resolved.map(Row.init)
            try common.print(rows, lines: rows.flatMap(\.lines))
        }
    }
}
