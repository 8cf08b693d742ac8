/// One method on one path, as a document tells it.
package struct APIOperation: Sendable {
    /// A parameter in the path, the query or the header.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package let name: String
        package let place: Place
        package let description: String
        package let schema: JSON
        package let example: JSON?

        package init(
            _ name: String,
            in place: Place,
            _ description: String,
            schema: JSON,
            example: JSON? = nil
        ) {
            self.name = name
            self.place = place
            self.description = description
            self.schema = schema
            self.example = example
        }
    }

    /// A body in one media type.
    package struct Content: Sendable {
        package let mediaType: String
        package let schema: JSON
        package let example: JSON?

        package init(_ mediaType: String, schema: JSON, example: JSON? = nil) {
            self.mediaType = mediaType
            self.schema = schema
            self.example = example
        }
    }

    /// A header field of an answer.
    package struct Field: Sendable {
        package let name: String
        package let description: String
        /// Whether every such answer has it.
        package let isRequired: Bool

        package init(_ name: String, _ description: String, isRequired: Bool = true) {
            self.name = name
            self.description = description
            self.isRequired = isRequired
        }
    }

    /// What may come back.
    package struct Answer: Sendable {
        package let status: Int
        package let description: String
        package let fields: [Field]
        /// Nil for an answer without a body.
        package let content: Content?
        /// The errorCodes of an error; none for any other answer.
        package let errorCodes: [String]

        package init(_ status: Int, _ description: String, fields: [Field] = [], content: Content? = nil) {
            self.init(status, description, fields, content, errorCodes: [])
        }

        private init(
            _ status: Int,
            _ description: String,
            _ fields: [Field],
            _ content: Content?,
            errorCodes: [String]
        ) {
            self.status = status
            self.description = description
            self.fields = fields
            self.content = content
            self.errorCodes = errorCodes
        }

        /// An error, in the one form that they all have; `codes` are its errorCodes.
        ///
        /// `members` are those that it may have besides.
        package static func problem(
            _ status: Int,
            _ codes: [String],
            _ description: String,
            fields: [Field] = [],
            members: [JSON.Member] = []
        )
            -> Answer
        {
            let code: JSON = ["enum": .array(codes.map { .string($0) })]
            let schema: JSON = [
                "allOf": [
                    ["$ref": "#/components/schemas/Problem"],
                    [
                        "type": "object",
                        "properties": .object(
                            [
                                JSON.Member("status", ["const": .integer(status)]),
                                JSON.Member("errorCode", code),
                            ] + members
                        ),
                    ],
                ]
            ]
            return Answer(
                status,
                description + " `" + codes.joined(separator: "`, `") + "`.",
                [Field("Cache-Control", "`no-store`: an error is not kept.")] + fields,
                Content("application/problem+json", schema: schema),
                errorCodes: codes
            )
        }
    }

    /// In lower case, as OpenAPI writes it.
    package let method: String
    /// With `{name}` for what a parameter stands for.
    package let path: String
    /// Unique in a document.
    package let id: String
    package let tag: String
    package let summary: String
    package let description: String
    package let parameters: [Parameter]
    /// What may be sent, one media type each; none where nothing is read.
    package let bodies: [Content]
    /// Whether a request without a body is an error.
    package let isBodyRequired: Bool
    package let answers: [Answer]
    /// The name of the security scheme it needs; nil for none.
    package let security: String?

    package init(
        _ method: String,
        _ path: String,
        id: String,
        tag: String,
        summary: String,
        description: String,
        parameters: [Parameter] = [],
        bodies: [Content] = [],
        isBodyRequired: Bool = true,
        answers: [Answer],
        security: String? = nil
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.tag = tag
        self.summary = summary
        self.description = description
        self.parameters = parameters
        self.bodies = bodies
        self.isBodyRequired = isBodyRequired
        self.answers = answers
        self.security = security
    }
}
