package import NIOCore

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
    /// Lines of `If-Modified-Since`.
    package var ifModifiedSince: [String]
    /// Lines of ``PlayerIdentity/headerName``.
    package var player: [String]
    /// Lines of `Authorization`.
    package var authorization: [String]

    package init(
        method: String = "GET",
        target: String,
        acceptEncoding: [String] = [],
        availableDictionary: [String] = [],
        ifNoneMatch: [String] = [],
        ifModifiedSince: [String] = [],
        player: [String] = [],
        authorization: [String] = []
    ) {
        self.method = method
        self.target = target
        self.acceptEncoding = acceptEncoding
        self.availableDictionary = availableDictionary
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
        self.player = player
        self.authorization = authorization
    }
}

/// What goes back, complete but for `Content-Length`, `Date`, `Server` and what the connection needs.
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
    /// How ``content`` is coded; `Content-Encoding` among the fields says the same.
    package let coding: AnswerNegotiation.Coding
    /// Empty for a 304; for HEAD it is what GET would send, and left away by whoever writes it.
    package let content: ByteBuffer

    package init(
        status: Int,
        fields: [Field],
        coding: AnswerNegotiation.Coding = .identity,
        content: ByteBuffer = ByteBuffer()
    ) {
        self.status = status
        self.fields = fields
        self.coding = coding
        self.content = content
    }

    /// A response of some bytes as they are.
    package init(status: Int, fields: [Field], body: [UInt8]) {
        self.init(status: status, fields: fields, content: ByteBuffer(bytes: body))
    }

    /// A copy of the content's bytes.
    package var body: [UInt8] { Array(content.readableBytesView) }

    /// The value of the first field `name`, by any case.
    package subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
