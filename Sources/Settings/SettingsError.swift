/// Where a setting's value came from.
package enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    /// The table's default.
    case standard
    /// An option of the command line, such as `--data`.
    case option(String)
    /// An environment variable.
    case variable(String)
    /// A key of the file at `path`.
    case file(path: String, key: String)

    package var description: String {
        switch self {
        case .standard: "the default"
        case .option(let name): "option \(name)"
        case .variable(let name): "environment variable \(name)"
        case .file(let path, let key): "key \(key) in \(path)"
        }
    }
}

/// Why the settings could not be loaded; each case is a mistake of the operator's to mend, exit code 78.
package enum SettingsError: Error, Equatable, CustomStringConvertible {
    /// A variable starts as ours do but is none of them.
    case unknownVariable(String, nearest: String)
    /// The file has a key that is no setting.
    case unknownKey(String, path: String, nearest: String)
    /// The file, which is found through the data directory, tries to set the data directory.
    case dataInFile(path: String)
    /// Not a whole number; `shown` is the text, or a stand-in for a secret.
    case notANumber(shown: String, source: SettingSource, unit: String)
    /// A number outside of what the setting allows.
    case outOfRange(Int, source: SettingSource, range: ClosedRange<Int>, unit: String)
    /// A word that is not among the choices.
    case notAChoice(shown: String, source: SettingSource, choices: [String])
    /// A list or an empty value where one value is needed.
    case notAValue(source: SettingSource)
    /// The file exists but cannot be read.
    case unreadable(path: String, reason: String)
    /// The file is larger than any sane settings file.
    case tooLarge(path: String, bytesMax: Int)
    /// The file is not YAML, or not a mapping of keys to values.
    case malformed(path: String, reason: String)

    /// What every command ends with on such an error: `EX_CONFIG` of sysexits.
    package static let exitCode: Int32 = 78

    package var description: String {
        switch self {
        case .unknownVariable(let name, let nearest):
            "environment variable \(name) is no setting; did you mean \(nearest)? Correct or unset it."
        case .unknownKey(let key, let path, let nearest):
            "key \(key) in \(path) is no setting; did you mean \(nearest)? Correct or remove it."
        case .dataInFile(let path):
            "key data in \(path) cannot work: the file is found through the data directory. Remove it, "
                + "and use --data or GOALPOST_DATA."
        case .notANumber(let shown, let source, let unit):
            "\(source) must be a whole number of \(unit), but is \(shown)."
        case .outOfRange(let value, let source, let range, let unit):
            "\(source) is \(value), but must be from \(range.lowerBound) to \(range.upperBound) \(unit)."
        case .notAChoice(let shown, let source, let choices):
            "\(source) is \(shown), but must be one of \(choices.joined(separator: ", "))."
        case .notAValue(let source):
            "\(source) must be one value that is not empty; give it one or remove it."
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason). Make it readable for this user or remove it."
        case .tooLarge(let path, let bytesMax):
            "\(path) is larger than \(bytesMax) bytes, so it is no settings file. Move it away."
        case .malformed(let path, let reason):
            "\(path) is not a YAML mapping of settings: \(reason). Write one `key: value` a line."
        }
    }
}
