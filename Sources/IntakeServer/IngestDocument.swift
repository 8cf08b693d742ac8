package import APIDocs
import Ingest

/// What the write side offers over HTTP, for programs and people; tests hold its answers against it.
package enum IngestDocument {
    /// The version of what is described, not of the program: `v1` paths keep their meaning.
    private static let version = "1.0.0"
    private static let player = "player"
    private static let service = "service"

    package static let document = APIDocument(
        title: "Goalpost ingest",
        version: version,
        description:
            "Takes events into the log: an answer comes only once what it acknowledges is durable. Every path answers "
            + "a method that is not listed 405 METHOD_NOT_ALLOWED with `Allow`, and every path that is not listed is "
            + "answered 404 NOT_FOUND; HEAD is GET without its body. What is not HTTP, or has more than 16,384 bytes "
            + "of header fields, is answered 400 without a body. Refusals tell with `Retry-After` in how many seconds "
            + "to send the same again.",
        tags: [
            ("Events", "What services know of players."),
            (
                "Players",
                "What players ask for, as the front's clients do. Who asks is told by the token alone, never by path or body; what became of it is told by the front."
            ), ("Operators", "How the server stands."), ("About", "This description."),
        ],
        operations: [events, active, claim] + operators
            + PublishedDocument.operations(tag: "About", others: []),
        schemas: IngestSchemas.all,
        securitySchemes: [
            APIDocument.SecurityScheme(
                bearer: service,
                description:
                    "A service's token, of which the server knows the SHA-256. A server that listens on loopback only may be set up without: it asks for none then."
            ),
            APIDocument.SecurityScheme(
                bearer: player,
                description:
                    "A JSON Web Token of this game's namespace, signed with RS256 or ES256; its subject is the player."
            ),
        ]
    )

    // MARK: Events

    private static var events: APIOperation {
        APIOperation(
            "post",
            "/v1/events",
            id: "events",
            tag: "Events",
            summary: "Writes events into the log.",
            description:
                "One or an array as JSON, one a line, or CloudEvents 1.0; of any length. Each is judged by itself: of "
                + "several the good ones are written, and the others kept in quarantine. A single one that is no "
                + "event is answered 400 and kept nowhere. Sent again with the same `id` an event is a duplicate, so "
                + "after any error the same request can be sent again.",
            parameters: [
                APIOperation.Parameter(
                    "Content-Encoding",
                    in: .header,
                    "How the body is compressed; absent for not at all.",
                    schema: ["type": "string", "enum": ["identity", "gzip", "zstd"]],
                    example: "identity"
                )
            ],
            bodies: [
                APIOperation.Content(
                    "application/json",
                    schema: [
                        "anyOf": [
                            .schema(named: "Event"),
                            ["type": "array", "items": .schema(named: "Event")],
                        ]
                    ],
                    example: IngestSchemas.eventExample
                ),
                APIOperation.Content(
                    "application/x-ndjson",
                    schema: ["type": "string", "description": "An event a line; blank lines do not count."],
                    example: IngestSchemas.linesExample
                ),
                APIOperation.Content(
                    "application/cloudevents+json",
                    schema: .schema(named: "CloudEvent"),
                    example: IngestSchemas.cloudEventExample
                ),
                APIOperation.Content(
                    "application/cloudevents-batch+json",
                    schema: ["type": "array", "items": .schema(named: "CloudEvent")],
                    example: [IngestSchemas.cloudEventExample]
                ),
            ],
            // Lines may be none.
            isBodyRequired: false,
            answers: [
                APIOperation.Answer(
                    200,
                    "What became of each event; all that is accepted is durable.",
                    fields: [noStore],
                    content: reference("Results", example: IngestSchemas.resultsExample)
                ),
                .problem(
                    400,
                    ["INVALID_REQUEST"],
                    "The body is not what its media type or its coding says, or the single event is none.",
                    members: done
                ), noToken, noServices,
                .problem(
                    413,
                    ["BODY_TOO_LARGE"],
                    "A line or element has more than 1,048,576 bytes.",
                    members: done
                ),
                .problem(
                    415,
                    ["UNSUPPORTED_MEDIA_TYPE"],
                    "Another media type, or another coding.",
                    fields: [
                        APIOperation.Field(
                            "Accept-Encoding",
                            "`gzip, zstd`, where it is the coding.",
                            isRequired: false
                        )
                    ]
                ),
                .problem(
                    429,
                    ["OVERLOADED"],
                    "Too much waits to be written.",
                    fields: [retryAfter],
                    members: done
                ), fault,
                .problem(
                    503,
                    ["LOG_UNAVAILABLE"],
                    "The log cannot be written, or the server ends.",
                    fields: [retryAfter],
                    members: done
                ),
            ],
            security: service
        )
    }

    private static let done = [
        JSON.Member(
            "eventsDone",
            .countSchema(
                "Events from the request's beginning that were dealt with before the error; absent where nothing was read."
            )
        )
    ]

    // MARK: Players

    private static var active: APIOperation {
        request(
            "put",
            "active",
            id: "setActive",
            summary: "Asks for a goal to be active, or not to be.",
            bodies: [
                APIOperation.Content(
                    "application/json",
                    schema: .schema(named: "Activation"),
                    example: ["isActive": true]
                )
            ]
        )
    }

    private static var claim: APIOperation {
        request(
            "post",
            "claim",
            id: "claim",
            summary: "Asks for the reward of a completed goal.",
            description: " A body is read and ignored.",
            bodies: []
        )
    }

    private static func request(
        _ method: String,
        _ verb: String,
        id: String,
        summary: String,
        description: String = "",
        bodies: [APIOperation.Content]
    ) -> APIOperation {
        APIOperation(
            method,
            "/challenge/v1/challenges/{challengeId}/goals/{goalId}/" + verb,
            id: id,
            tag: "Players",
            summary: summary,
            description:
                "It is written and answered at once, and decided later, at its turn in the log: also that a goal is "
                + "not known is told by the outcome only." + description,
            parameters: [
                APIOperation.Parameter(
                    "challengeId",
                    in: .path,
                    "Which challenge.",
                    schema: .schema(named: "Identifier"),
                    example: "winter"
                ),
                APIOperation.Parameter(
                    "goalId",
                    in: .path,
                    "Which of its goals.",
                    schema: .schema(named: "Identifier"),
                    example: "snowmen-10"
                ),
                APIOperation.Parameter(
                    "Idempotency-Key",
                    in: .header,
                    "Becomes the request's id, the player's own: sent again under it, nothing is written twice.",
                    schema: ["type": "string", "pattern": "^[!-~]{1,200}$"],
                    example: "0192f0c1-7d5e-7c3a-9a41-2f6c1d0e8b77"
                ),
            ],
            bodies: bodies,
            answers: [
                APIOperation.Answer(
                    202,
                    "It is in the log.",
                    fields: [
                        noStore,
                        APIOperation.Field("Location", "Where the front will tell the outcome."),
                    ],
                    content: reference("Pending", example: IngestSchemas.pendingExample)
                ),
                .problem(
                    400,
                    ["INVALID_REQUEST"],
                    "The path, the body or the key is not what it has to be."
                ), whoAsks,
                .problem(403, ["FORBIDDEN"], "A valid token of another namespace."),
                .problem(413, ["BODY_TOO_LARGE"], "The body has more than 4,096 bytes."),
                .problem(
                    429,
                    ["TOO_MANY_REQUESTS", "OVERLOADED"],
                    "The player writes too often, or too much waits to be written.",
                    fields: [retryAfter]
                ), fault,
                .problem(
                    503,
                    ["LOG_UNAVAILABLE", "KEYS_UNAVAILABLE"],
                    "The log cannot be written, tokens cannot be checked, or the server ends.",
                    fields: [retryAfter]
                ),
            ],
            security: player
        )
    }

    private static let whoAsks = APIOperation.Answer.problem(
        401,
        ["UNAUTHORIZED"],
        "No valid token.",
        fields: [APIOperation.Field("WWW-Authenticate", "What is missing or wrong (RFC 6750).")]
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
                description: "Never fails for what the log does.",
                answers: [
                    APIOperation.Answer(200, "It runs.", fields: [noStore], content: text("ok\n"))
                ]
            ),
            APIOperation(
                "get",
                "/readyz",
                id: "ready",
                tag: "Operators",
                summary: "Whether events can be written.",
                description: "Fails while the log cannot be written, and once the server ends.",
                answers: [
                    APIOperation.Answer(200, "They can.", fields: [noStore], content: text("ready\n")),
                    .problem(503, ["LOG_UNAVAILABLE"], "They cannot.", fields: [retryAfter]),
                ]
            ),
            APIOperation(
                "get",
                "/metrics",
                id: "metrics",
                tag: "Operators",
                summary: "Counters for Prometheus (text format 0.0.4).",
                description: "Shown to whoever may write events.",
                answers: [
                    APIOperation.Answer(
                        200,
                        "As of now.",
                        fields: [noStore],
                        content: text("# TYPE goalpost_ingest_failing gauge\ngoalpost_ingest_failing 0\n")
                    ), noToken, noServices,
                ],
                security: service
            ),
        ]
    }

    // MARK: Pieces

    private static let noToken = APIOperation.Answer.problem(
        401,
        ["UNAUTHORIZED"],
        "No service's token.",
        fields: [APIOperation.Field("WWW-Authenticate", "`Bearer realm=\"service\"`.")]
    )
    private static let noServices = APIOperation.Answer.problem(
        403,
        ["FORBIDDEN"],
        "The server was started without the services' tokens."
    )
    private static let fault = APIOperation.Answer.problem(
        500,
        ["INTERNAL_ERROR"],
        "A fault of the server."
    )
    private static let noStore = APIOperation.Field("Cache-Control", "`no-store`.")
    private static let retryAfter = APIOperation.Field("Retry-After", "Seconds to wait.")

    private static func text(_ example: String) -> APIOperation.Content {
        APIOperation.Content("text/plain", schema: ["type": "string"], example: .string(example))
    }

    private static func reference(_ schema: String, example: JSON) -> APIOperation.Content {
        APIOperation.Content("application/json", schema: .schema(named: schema), example: example)
    }
}
