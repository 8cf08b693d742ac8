package import Tokens

/// How a front checks players' tokens.
package struct TokenConfiguration: Sendable, Equatable {
    package var keys: KeySource.Place
    /// The namespace that tokens must be of.
    package var namespace: String
    /// Who must have issued them; nil for anybody whose key is known.
    package var issuer: String?
    /// How often the keys are read anew, in seconds.
    package var refreshSeconds: Int
    /// Verified tokens that each answerer remembers.
    package var cacheEntriesMax: Int

    package init(
        keys: KeySource.Place,
        namespace: String,
        issuer: String? = nil,
        refreshSeconds: Int = 600,
        cacheEntriesMax: Int = 65_536
    ) {
        self.keys = keys
        self.namespace = namespace
        self.issuer = issuer
        self.refreshSeconds = refreshSeconds
        self.cacheEntriesMax = cacheEntriesMax
    }
}
