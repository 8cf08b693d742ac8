package import Goals
package import Settings

extension Settings {
    /// The namespace, which nothing works without.
    package func requiredNamespace() throws(JobError) -> Identifier {
        guard let namespace, !namespace.isEmpty else {
            throw JobError(
                .configuration,
                "no namespace is set: put `namespace: NAME` into goalpost.yaml or set GOALPOST_NAMESPACE"
            )
        }
        guard namespace.unicodeScalars.count <= Identifier.scalarsMax else {
            throw JobError(.configuration, "the namespace is longer than \(Identifier.scalarsMax) characters")
        }
        return Identifier(namespace)
    }
}
