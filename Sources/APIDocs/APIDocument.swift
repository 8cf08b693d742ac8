/// What a server offers over HTTP: one description, read by programs as OpenAPI 3.1 and by people as a page.
///
/// Source: OpenAPI Specification 3.1.0, https://spec.openapis.org/oas/v3.1.0; schemas are JSON Schema 2020-12.
package struct APIDocument: Sendable {
    /// What an operation needs to know who asks.
    package struct SecurityScheme: Sendable {
        package let name: String
        package let description: String

        /// A bearer token in `Authorization` (RFC 6750).
        package init(bearer name: String, description: String) {
            self.name = name
            self.description = description
        }
    }

    package let title: String
    package let version: String
    package let description: String
    package let tags: [(name: String, description: String)]
    package let operations: [APIOperation]
    package let schemas: [JSON.Member]
    package let securitySchemes: [SecurityScheme]

    package init(
        title: String,
        version: String,
        description: String,
        tags: [(name: String, description: String)],
        operations: [APIOperation],
        schemas: [JSON.Member],
        securitySchemes: [SecurityScheme]
    ) {
        self.title = title
        self.version = version
        self.description = description
        self.tags = tags
        self.operations = operations
        self.schemas = schemas + [JSON.Member("Problem", Self.problem)]
        self.securitySchemes = securitySchemes
    }

    /// The document for programs.
    package var json: JSON {
        var paths: [JSON.Member] = []
        for path in operations.map(\.path) where !paths.contains(where: { $0.name == path }) {
            let own = operations.filter { $0.path == path }
            paths.append(JSON.Member(path, .object(own.map { JSON.Member($0.method, $0.json) })))
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title), "version": .string(version), "description": .string(description),
            ],
            "servers": [["url": "/"]],
            "tags": .array(
                tags.map { ["name": .string($0.name), "description": .string($0.description)] }
            ),
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": .object(
                    securitySchemes.map {
                        JSON.Member(
                            $0.name,
                            ["type": "http", "scheme": "bearer", "description": .string($0.description)]
                        )
                    }
                ),
            ],
        ]
    }

    /// RFC 9457, with what programs switch on.
    private static let problem: JSON = [
        "type": "object",
        "description": "An error (RFC 9457). Programs switch on errorCode; detail is for people.",
        "required": ["type", "title", "status", "detail", "instance", "errorCode"],
        "properties": [
            "type": ["const": "about:blank"], "title": ["type": "string"],
            "status": ["type": "integer", "minimum": 400, "maximum": 599], "detail": ["type": "string"],
            "instance": ["type": "string", "description": "The path that was asked for."],
            "errorCode": ["type": "string", "pattern": "^[A-Z_]+$"],
        ],
    ]
}

extension APIOperation {
    /// The operation as OpenAPI writes it.
    var json: JSON {
        var members: [JSON.Member] = [
            JSON.Member("operationId", .string(id)), JSON.Member("tags", [.string(tag)]),
            JSON.Member("summary", .string(summary)), JSON.Member("description", .string(description)),
        ]
        if !parameters.isEmpty { members.append(JSON.Member("parameters", .array(parameters.map(\.json)))) }
        if !bodies.isEmpty {
            members.append(
                JSON.Member(
                    "requestBody",
                    ["required": .bool(isBodyRequired), "content": .object(bodies.map(\.member))]
                )
            )
        }
        let answers = answers.map { JSON.Member(String($0.status), $0.json(instance: examplePath)) }
        members.append(JSON.Member("responses", .object(answers)))
        members.append(JSON.Member("security", security.map { [.object([JSON.Member($0, [])])] } ?? []))
        return .object(members)
    }

    /// The path with its parameters' examples.
    private var examplePath: String {
        var path = path
        for parameter in parameters where parameter.place == .path {
            guard case .string(let text)? = parameter.example else { continue }
            path = path.replacing("{\(parameter.name)}", with: text)
        }
        return path
    }
}

extension APIOperation.Parameter {
    var json: JSON {
        var members: [JSON.Member] = [
            JSON.Member("name", .string(name)), JSON.Member("in", .string(place.rawValue)),
            JSON.Member("description", .string(description)),
            JSON.Member("required", .bool(place == .path)), JSON.Member("schema", schema),
        ]
        if let example { members.append(JSON.Member("example", example)) }
        return .object(members)
    }
}

extension APIOperation.Content {
    var member: JSON.Member {
        var members = [JSON.Member("schema", schema)]
        if let example { members.append(JSON.Member("example", example)) }
        return JSON.Member(mediaType, .object(members))
    }
}

extension APIOperation.Answer {
    /// The error as the first of its codes looks; nil for any other answer.
    ///
    /// `instance` is the path asked for.
    private func problemExample(instance: String) -> JSON? {
        guard let code = errorCodes.first else { return nil }
        return [
            "type": "about:blank", "title": .string(Self.reasons[status] ?? ""), "status": .integer(status),
            "detail": "What happened to this request, and what to do.", "instance": .string(instance),
            "errorCode": .string(code),
        ]
    }

    /// What RFC 9110 §15 and RFC 6585 call the errors.
    private static let reasons = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
        413: "Content Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
    ]

    /// The answer as OpenAPI writes it; `instance` is a path as an example.
    func json(instance: String) -> JSON {
        var members = [JSON.Member("description", .string(description))]
        if !fields.isEmpty {
            members.append(
                JSON.Member(
                    "headers",
                    .object(
                        fields.map {
                            JSON.Member(
                                $0.name,
                                [
                                    "description": .string($0.description), "required": .bool($0.isRequired),
                                    "schema": ["type": "string"],
                                ]
                            )
                        }
                    )
                )
            )
        }
        if let content {
            let shown = APIOperation.Content(
                content.mediaType,
                schema: content.schema,
                example: content.example ?? problemExample(instance: instance)
            )
            members.append(JSON.Member("content", .object([shown.member])))
        }
        return .object(members)
    }
}
