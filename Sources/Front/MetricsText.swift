/// Writes samples in Prometheus' text format, each family with what it means.
struct MetricsText {
    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ value: some Numeric & CustomStringConvertible) {
        family(name, "gauge", help)
        sample(name, value: value)
    }

    mutating func counter(_ name: String, _ help: String, _ value: some Numeric & CustomStringConvertible) {
        family(name, "counter", help)
        sample(name, value: value)
    }

    /// Opens a family of samples that share a name.
    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// One sample; label values hold no quotes, backslashes or newlines.
    mutating func sample(
        _ name: String,
        _ labels: [(name: String, value: String)] = [],
        value: some Numeric & CustomStringConvertible
    ) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }
}
