/// Where everything lies in the data directory: the only place that knows the names.
package struct Workspace: Sendable {
    /// The one stream there is.
    package static let stream = "events"

    /// The data directory, as the settings give it.
    package let root: String

    package init(root: String) { self.root = root }

    package var log: String { root + "/log/" + Self.stream }
    package var quarantine: String { root + "/log/quarantine" }
    package var snapshots: String { root + "/snapshots" }
    package var payloads: String { root + "/payloads" }
    package var settingsFile: String { root + "/goalpost.yaml" }
}
