/// Keeps the header texts of the last answer's freshness, which is that of the next one nearly always.
struct FreshnessFields {
    private var known: (freshness: Freshness, fields: [FrontResponse.Field])?

    /// `Cache-Control`, `Age` and `Last-Modified`, in this order.
    mutating func fields(of freshness: Freshness) -> [FrontResponse.Field] {
        if let known, known.freshness == freshness { return known.fields }
        let fields: [FrontResponse.Field] = [
            .init("Cache-Control", freshness.cacheControl),
            .init("Age", String(freshness.age)),
            .init("Last-Modified", HTTPDate.text(seconds: freshness.lastModified)),
        ]
        known = (freshness, fields)
        return fields
    }
}
