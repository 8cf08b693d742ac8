/// What the front looks at in a request; made by whatever reads HTTP, so that nothing below depends on it.
package struct FrontRequest: Sendable, Equatable {
    /// The method, in capitals as sent.
    package var method: String
    /// Path and query as in the request line.
    package var target: String
    /// Lines of `Accept-Encoding`.
    package var acceptEncoding: [String]
    /// Lines of `Available-Dictionary`.
    package var availableDictionary: [String]
    /// Lines of `If-None-Match`.
    package var ifNoneMatch: [String]
    /// Lines of ``PlayerIdentity/headerName``.
    package var player: [String]

    package init(
        method: String = "GET",
        target: String,
        acceptEncoding: [String] = [],
        availableDictionary: [String] = [],
        ifNoneMatch: [String] = [],
        player: [String] = []
    ) {
        self.method = method
        self.target = target
        self.acceptEncoding = acceptEncoding
        self.availableDictionary = availableDictionary
        self.ifNoneMatch = ifNoneMatch
        self.player = player
    }
}

/// What goes back, complete but for `Date` and what the connection needs.
package struct FrontResponse: Sendable, Equatable {
    /// One header field.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package let status: Int
    package let fields: [Field]
    /// Empty for a 304; for HEAD it is what GET would send, and left away by whoever writes it.
    package let body: [UInt8]

    package init(status: Int, fields: [Field], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The value of the first field `name`, by any case.
    package subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
