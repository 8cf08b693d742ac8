package import APIDocs

/// What this front offers, for programs and people; tests hold its answers against it.
package enum FrontDocument {
    /// The version of what is described, not of the program: `v1` paths keep their meaning.
    private static let version = "1.0.0"
    /// The scheme that players' routes need.
    package static let security = "player"

    package static let document = APIDocument(
        title: "Goalpost front",
        version: version,
        description:
            "Serves every player's precomputed challenge progress; it writes nothing. Answers say how old "
            + "they are and which part of the log they include. Every path answers a method that is not listed 405 "
            + "METHOD_NOT_ALLOWED with `Allow`, and what would write names where to send it; HEAD is GET without its body.",
        tags: [
            (
                "Players",
                "A player's own answers, computed ahead of time. Who asks is told by the token alone, never by path or body."
            ), ("Operators", "How the front and the jobs behind it stand."),
            ("About", "This description."),
        ],
        operations: players + operators + PublishedDocument.operations(tag: "About", others: bounds),
        schemas: FrontSchemas.all,
        securitySchemes: [
            APIDocument.SecurityScheme(
                bearer: security,
                description:
                    "A JSON Web Token of this game's namespace, signed with RS256 or ES256; its subject is the player."
            )
        ]
    )

    // MARK: Players

    private static var players: [APIOperation] {
        [
            answer(
                "get",
                "/challenge/v1/challenges/initialize",
                id: "initialize",
                summary: "The player's assigned goals.",
                description: "What a client asks for when a session begins.",
                schema: "Initialize",
                example: FrontSchemas.initializeExample
            ),
            answer(
                "post",
                "/challenge/v1/challenges/initialize",
                id: "initializeByPost",
                summary: "The same for clients that send POST.",
                description: "A body is read and ignored.",
                schema: "Initialize",
                example: FrontSchemas.initializeExample
            ),
            answer(
                "get",
                "/challenge/v1/challenges",
                id: "challenges",
                summary: "All challenges with the player's progress.",
                description: "In the order of the configuration.",
                parameters: [
                    APIOperation.Parameter(
                        "active_only",
                        in: .query,
                        "Only the literal `true` leaves out goals that are not active, and challenges without any.",
                        schema: ["type": "string"],
                        example: "true"
                    )
                ],
                schema: "Challenges",
                example: FrontSchemas.challengesExample
            ), outcome, template,
        ]
    }

    private static func answer(
        _ method: String,
        _ path: String,
        id: String,
        summary: String,
        description: String,
        parameters: [APIOperation.Parameter] = [],
        schema: String,
        example: JSON
    ) -> APIOperation {
        APIOperation(
            method,
            path,
            id: id,
            tag: "Players",
            summary: summary,
            description: description,
            parameters: parameters + conditions + [
                APIOperation.Parameter(
                    "Available-Dictionary",
                    in: .header,
                    "The SHA-256 of a template that the client holds (RFC 9842), with `dcz` in Accept-Encoding.",
                    schema: ["type": "string"]
                )
            ],
            answers: [
                APIOperation.Answer(
                    200,
                    "The answer, in the coding that Accept-Encoding weighs highest: dcz, zstd, gzip or none.",
                    fields: [
                        APIOperation.Field(
                            "Content-Encoding",
                            "`dcz`, `zstd` or `gzip`; absent for plain JSON.",
                            isRequired: false
                        ),
                        APIOperation.Field(
                            "Link",
                            "Where the template is that makes later answers small; absent from dcz.",
                            isRequired: false
                        ),
                    ] + freshness,
                    content: reference(schema, example: example)
                ), APIOperation.Answer(304, "What the client holds is current.", fields: freshness),
            ] + whoAsks + refusals,
            security: security
        )
    }

    private static var template: APIOperation {
        APIOperation(
            "get",
            "/challenge/v1/templates/{sha256}",
            id: "template",
            tag: "Players",
            summary: "The answer of a player without events.",
            description:
                "A client that keeps it gets its own answers as a small difference from it (RFC 9842). "
                + "The path names the bytes, so they never change.",
            parameters: [
                APIOperation.Parameter(
                    "sha256",
                    in: .path,
                    "The template's SHA-256 in hexadecimal, as `Link` names it.",
                    schema: ["type": "string", "pattern": "^[0-9a-f]{64}$"],
                    example: .string(String(repeating: "a7", count: 32))
                )
            ] + conditions,
            answers: [
                APIOperation.Answer(
                    200,
                    "The template.",
                    fields: [
                        APIOperation.Field(
                            "Content-Encoding",
                            "`zstd` or `gzip`; absent for plain JSON.",
                            isRequired: false
                        )
                    ] + templateFields,
                    content: APIOperation.Content(
                        "application/json",
                        schema: [
                            "anyOf": [
                                ["$ref": "#/components/schemas/Initialize"],
                                ["$ref": "#/components/schemas/Challenges"],
                            ]
                        ]
                    )
                ), APIOperation.Answer(304, "What the client holds is current.", fields: templateFields),
                .problem(404, ["NOT_FOUND"], "No such template, or no answer needs it any more."),
            ] + refusals
        )
    }

    private static let conditions = [
        APIOperation.Parameter(
            "If-None-Match",
            in: .header,
            "ETags that the client holds: answered 304 where one is current.",
            schema: ["type": "string"]
        ),
        APIOperation.Parameter(
            "If-Modified-Since",
            in: .header,
            "A Last-Modified that the client holds; not looked at beside If-None-Match.",
            schema: ["type": "string"]
        ),
        APIOperation.Parameter(
            "Accept-Encoding",
            in: .header,
            "Codings with their weights (RFC 9110 §12.5.3).",
            schema: ["type": "string"],
            example: "gzip, zstd;q=0.5"
        ),
    ]

    private static let freshness = [
        APIOperation.Field("ETag", "Strong, another one for each coding."),
        APIOperation.Field("Vary", "`Accept-Encoding, Available-Dictionary`."),
        APIOperation.Field("Age", "Seconds since the fold that the answer shows."),
        APIOperation.Field("Last-Modified", "When the answer may have changed last."),
        APIOperation.Field(
            "Cache-Control",
            "`private`, with `max-age` until the next publish is due or the UTC day ends."
        ),
        APIOperation.Field("Goalpost-Offset", "The answer includes the log's records before this offset."),
    ]

    private static let templateFields = [
        APIOperation.Field("ETag", "Strong, another one for each coding."),
        APIOperation.Field("Vary", "`Accept-Encoding`."),
        APIOperation.Field("Cache-Control", "For ever: the path names the bytes."),
        APIOperation.Field("Use-As-Dictionary", "For which answers it may be used (RFC 9842)."),
    ]

    /// What a player's route answers to who is no player.
    static let whoAsks: [APIOperation.Answer] = [
        .problem(
            401,
            ["UNAUTHORIZED"],
            "No valid token.",
            fields: [APIOperation.Field("WWW-Authenticate", "What is missing or wrong (RFC 6750).")]
        ), .problem(403, ["FORBIDDEN"], "A valid token of another namespace."),
    ]

    /// What any route may answer that reads the store.
    static let refusals: [APIOperation.Answer] = [
        .problem(
            400,
            ["INVALID_REQUEST"],
            "The request is not HTTP, or says who asks in a way that cannot be."
        ),
        .problem(406, ["NOT_ACCEPTABLE"], "Accept-Encoding refuses every coding there is."), requestTimeout,
        .problem(413, ["BODY_TOO_LARGE"], "The body is longer than the front reads."), headerTooLarge,
        .problem(500, ["INTERNAL_ERROR"], "A fault of the front."),
        .problem(
            503,
            ["STORE_UNAVAILABLE", "KEYS_UNAVAILABLE", "TOO_MANY_CONNECTIONS"],
            "Nothing is published, tokens cannot be checked, or too many clients are connected; try again.",
            fields: [APIOperation.Field("Retry-After", "Seconds to wait.", isRequired: false)]
        ),
    ]

    private static let requestTimeout = APIOperation.Answer.problem(
        408,
        ["REQUEST_TIMEOUT"],
        "The request took too long to arrive."
    )
    private static let headerTooLarge = APIOperation.Answer.problem(
        431,
        ["HEADER_TOO_LARGE"],
        "Target and header fields are longer than the front reads."
    )

    // MARK: Operators

    private static var operators: [APIOperation] {
        [
            APIOperation(
                "get",
                "/healthz",
                id: "health",
                tag: "Operators",
                summary: "Whether the process runs.",
                description: "Never fails for old or missing answers.",
                answers: [
                    APIOperation.Answer(
                        200,
                        "It runs.",
                        fields: [noStore],
                        content: APIOperation.Content(
                            "application/json",
                            schema: [
                                "type": "object", "required": ["status"],
                                "properties": ["status": ["const": "healthy"]],
                            ],
                            example: ["status": "healthy"]
                        )
                    )
                ] + bounds
            ),
            APIOperation(
                "get",
                "/readyz",
                id: "ready",
                tag: "Operators",
                summary: "Whether players can be answered.",
                description:
                    "Fails before the first publish, and when the last one is older than a setting allows.",
                answers: [
                    APIOperation.Answer(
                        200,
                        "They can.",
                        fields: [noStore],
                        content: APIOperation.Content(
                            "application/json",
                            schema: [
                                "type": "object", "required": ["status", "offset", "publishedAt"],
                                "properties": [
                                    "status": ["const": "ready"], "offset": ["type": "integer"],
                                    "publishedAt": [
                                        "type": "integer", "description": "Milliseconds since 1970.",
                                    ],
                                ],
                            ],
                            example: ["status": "ready", "offset": 40, "publishedAt": 1_780_000_000_000]
                        )
                    )
                ] + bounds + [.problem(503, ["STORE_UNAVAILABLE", "TOO_MANY_CONNECTIONS"], "They cannot.")]
            ),
            figures(
                "/metrics",
                id: "metrics",
                "Counters for Prometheus (text format 0.0.4).",
                text("text/plain")
            ),
            figures("/status", id: "status", "How everything stands, as a page.", text("text/html")),
            figures(
                "/status.json",
                id: "statusJSON",
                "How everything stands, for programs.",
                APIOperation.Content(
                    "application/json",
                    schema: [
                        "type": "object", "required": ["now", "problems"],
                        "properties": [
                            "now": ["type": "string"],
                            "problems": ["type": "array", "items": ["type": "string"]],
                            "status": [
                                "type": "object", "description": "What the jobs left in status.json.",
                            ],
                            "store": ["type": "object", "description": "What this front sees of its store."],
                        ],
                    ]
                )
            ),
        ]
    }

    private static func figures(
        _ path: String,
        id: String,
        _ summary: String,
        _ content: APIOperation.Content
    ) -> APIOperation {
        APIOperation(
            "get",
            path,
            id: id,
            tag: "Operators",
            summary: summary,
            description: "Shown on the front's own machine, and to whoever has the operator's token.",
            answers: [
                APIOperation.Answer(200, "As of now.", fields: [noStore], content: content),
                .problem(
                    401,
                    ["UNAUTHORIZED"],
                    "Not the operator's token.",
                    fields: [APIOperation.Field("WWW-Authenticate", "`Bearer realm=\"operator\"`.")]
                ), .problem(403, ["FORBIDDEN"], "Another machine, and no token is set up."),
            ] + bounds
        )
    }

    private static let noStore = APIOperation.Field("Cache-Control", "`no-store`.")

    /// What any route may answer.
    private static let bounds: [APIOperation.Answer] = [
        .problem(400, ["INVALID_REQUEST"], "The request is not HTTP."), requestTimeout,
        .problem(413, ["BODY_TOO_LARGE"], "The body is longer than the front reads."), headerTooLarge,
    ]

    private static func text(_ mediaType: String) -> APIOperation.Content {
        APIOperation.Content(mediaType, schema: ["type": "string"])
    }

    static func reference(_ schema: String, example: JSON) -> APIOperation.Content {
        APIOperation.Content(
            "application/json",
            schema: .schema(named: schema),
            example: example
        )
    }
}
