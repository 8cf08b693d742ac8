import APIDocs
import Goals
import Ingest

/// The forms of what producers and players send and are answered, and one of each.
enum IngestSchemas {
    static let all: [JSON.Member] = [
        JSON.Member("Event", event), JSON.Member("LoginEvent", login),
        JSON.Member("StatisticEvent", statistic), JSON.Member("ActivationEvent", activation),
        JSON.Member("ClaimEvent", claim), JSON.Member("CloudEvent", cloudEvent),
        JSON.Member("Results", results), JSON.Member("Result", result),
        JSON.Member("Activation", activationRequest), JSON.Member("Pending", pending),
        JSON.Member("Identifier", identifier), JSON.Member("EventID", eventID),
        JSON.Member("Time", time),
    ]

    // MARK: Events

    private static let event: JSON = [
        "description":
            "Members that are not named here are kept as they are. One that is longer than 65,536 bytes, deeper than 64 levels or has a key twice is refused.",
        "oneOf": .array(
            ["LoginEvent", "StatisticEvent", "ActivationEvent", "ClaimEvent"].map { .schema(named: $0) }
        ),
    ]

    private static let login = event(.userLoggedIn, payload: nil)
    private static let statistic = event(.statItemUpdated, payload: statisticPayload)
    private static let activation = event(.goalActivationRequested, payload: activationPayload)
    private static let claim = event(.rewardClaimRequested, payload: claimPayload)

    private static let statisticPayload: JSON = .objectSchema(
        [
            JSON.Member("statCode", .schema(named: "Identifier")),
            JSON.Member("latestValue", ["type": "number"]),
        ],
        optional: [JSON.Member("inc", ["type": ["number", "null"]])],
        isOpen: true
    )
    private static let activationPayload: JSON = .objectSchema(
        [
            JSON.Member("challengeId", .schema(named: "Identifier")),
            JSON.Member("goalId", .schema(named: "Identifier")),
            JSON.Member("isActive", ["type": "boolean"]),
        ],
        isOpen: true
    )
    private static let claimPayload: JSON = .objectSchema(
        [
            JSON.Member("challengeId", .schema(named: "Identifier")),
            JSON.Member("goalId", .schema(named: "Identifier")),
        ],
        isOpen: true
    )

    private static func event(_ kind: EventKind, payload: JSON?) -> JSON {
        let payload = payload.map { JSON.Member("payload", $0) }
        return .objectSchema(
            [
                JSON.Member("name", ["const": .string("\(kind.name)")]),
                JSON.Member(
                    "namespace",
                    [
                        "type": "string",
                        "description":
                            "The game. An event of another than the server's is counted, and nothing else.",
                    ]
                ), JSON.Member("userId", .schema(named: "Identifier")),
            ] + (payload.map { [$0] } ?? []),
            optional: [
                JSON.Member("id", .schema(named: "EventID")),
                JSON.Member("timestamp", .schema(named: "Time")),
                JSON.Member(
                    "source",
                    ["description": "A text names the producer within whose events `id` is unique."]
                ),
            ],
            isOpen: true
        )
    }

    private static let cloudEvent: JSON = [
        "description":
            "A CloudEvent whose `type`, after its last dot, is the event's name; `subject` is the player, and `data` the payload.",
        "oneOf": [
            cloudEvent(.userLoggedIn, data: nil), cloudEvent(.statItemUpdated, data: statisticPayload),
            cloudEvent(.goalActivationRequested, data: activationPayload),
            cloudEvent(.rewardClaimRequested, data: claimPayload),
        ],
    ]

    private static func cloudEvent(_ kind: EventKind, data: JSON?) -> JSON {
        let data = data.map { [JSON.Member("data", $0)] } ?? []
        return .objectSchema(
            [
                JSON.Member("specversion", ["const": "1.0"]),
                JSON.Member(
                    "id",
                    eventText(minimum: 1, "Unique within `source`; at most 200 bytes of UTF-8.")
                ),
                JSON.Member("source", ["type": "string", "minLength": 1]),
                JSON.Member(
                    "type",
                    [
                        "type": "string",
                        "pattern": .string("^([A-Za-z0-9_-]+\\.)*\(kind.name)$"),
                    ]
                ), JSON.Member("subject", .schema(named: "Identifier")),
            ] + data,
            optional: [
                JSON.Member("time", .schema(named: "Time")),
                JSON.Member(
                    "namespace",
                    ["type": "string", "description": "The server's own where it is absent."]
                ),
            ],
            isOpen: true
        )
    }

    private static let identifier: JSON = [
        "type": "string", "minLength": 1, "maxLength": .integer(Identifier.scalarsMax),
        "pattern": "^[^\\u0000]+$", "description": "Text without U+0000, never normalised.",
    ]

    private static let eventID: JSON = [
        "description":
            "What is sent again under it is a duplicate; at most 200 bytes of UTF-8. The server makes one where it is absent, null or empty.",
        "anyOf": [
            ["type": "null"],
            [
                "type": "string", "maxLength": .integer(EventScanner.idBytesMax),
                "pattern": "^[\\u0001-\\u007f]*$",
            ],
            [
                "type": "string", "maxLength": .integer(EventScanner.idBytesMax / 4),
                "pattern": "^[^\\u0000]*$",
            ],
        ],
    ]

    /// What ids of events are bounded by; characters beyond ASCII may take four bytes.
    private static func eventText(minimum: Int, _ description: String) -> JSON {
        [
            "description": .string(description), "type": "string", "minLength": .integer(minimum),
            "anyOf": [
                ["maxLength": .integer(EventScanner.idBytesMax), "pattern": "^[\\u0001-\\u007f]*$"],
                ["maxLength": .integer(EventScanner.idBytesMax / 4), "pattern": "^[^\\u0000]*$"],
            ],
        ]
    }

    private static let time: JSON = [
        "description":
            "RFC 3339 with a zone, from 1970 on and at most 24 hours ahead of the server's clock. Where it is absent, null or empty the server's clock says when.",
        "anyOf": [["type": "null"], ["const": ""], ["type": "string", "format": "date-time"]],
    ]

    // MARK: Answers

    private static let results: JSON = .objectSchema(
        [
            JSON.Member("accepted", .countSchema("Events that are in the log now.")),
            JSON.Member("duplicates", .countSchema("Events that were in the log already.")),
            JSON.Member("otherNamespace", .countSchema("Events of another namespace, dropped.")),
            JSON.Member("rejected", .countSchema("Events that are none, kept in quarantine.")),
            JSON.Member(
                "results",
                [
                    "type": "array", "items": .schema(named: "Result"),
                    "maxItems": .integer(EventTally.listedMax),
                    "description": "In order: of up to 1,000 events all, of more those that are rejected.",
                ]
            ),
        ],
        optional: [
            JSON.Member("firstOffset", .countSchema("Of the accepted events; absent where none is.")),
            JSON.Member("lastOffset", .countSchema("Of the accepted events; others may lie between.")),
            JSON.Member(
                "rejectedNotListed",
                .countSchema("Rejected events that had no room in results; absent up to 1,000 events.")
            ),
        ]
    )

    /// One form a result.
    private static let result: JSON = [
        "oneOf": [
            item("accepted", [JSON.Member("offset", .countSchema("Its place in the log."))]),
            item("duplicate", [JSON.Member("offset", .countSchema("The place of the first."))]),
            item("otherNamespace", []),
            item(
                "rejected",
                [
                    JSON.Member("reason", ["type": "string", "enum": .array(reasons)]),
                    JSON.Member("detail", ["type": "string", "description": "For people."]),
                ]
            ),
        ]
    ]

    private static let reasons = EventFault.Reason.allCases.map { JSON.string($0.rawValue) }

    private static func item(_ result: String, _ more: [JSON.Member]) -> JSON {
        .objectSchema(
            [
                JSON.Member("index", .countSchema("Which event of the request, from 0.")),
                JSON.Member("result", ["const": .string(result)]),
            ] + more
        )
    }

    private static let activationRequest: JSON = .objectSchema(
        [JSON.Member("isActive", ["type": "boolean"])],
        isOpen: true
    )

    private static let pending: JSON = .objectSchema([
        JSON.Member(
            "eventId",
            ["type": "string", "description": "The Idempotency-Key, or what the server made."]
        ),
        JSON.Member("offset", .countSchema("The request's place in the log.")),
        JSON.Member("duplicate", ["type": "boolean", "description": "The same was written before."]),
        JSON.Member("status", ["const": "pending"]),
        JSON.Member(
            "outcome",
            ["type": "string", "description": "The path on the front at which the outcome will appear."]
        ),
    ])

    // MARK: Examples

    static let eventExample: JSON = [
        "id": "e1", "name": "statItemUpdated", "namespace": "mygame", "timestamp": "2026-01-05T10:00:00Z",
        "userId": "u1", "payload": ["statCode": "kills", "latestValue": 12],
    ]

    private static let loginExample: JSON = [
        "id": "e2", "name": "userLoggedIn", "namespace": "mygame", "timestamp": "2026-01-05T10:00:01Z",
        "userId": "u1",
    ]

    static let linesExample: JSON = .string(
        [eventExample, loginExample].map { String(decoding: $0.bytes, as: UTF8.self) + "\n" }.joined()
    )

    static let cloudEventExample: JSON = [
        "specversion": "1.0", "id": "e3", "source": "/stats", "type": "org.example.statItemUpdated",
        "subject": "u1", "time": "2026-01-05T10:00:02Z", "data": ["statCode": "kills", "latestValue": 13],
    ]

    static let resultsExample: JSON = [
        "accepted": 1, "duplicates": 1, "otherNamespace": 0, "rejected": 1, "firstOffset": 41,
        "lastOffset": 41,
        "results": [
            ["index": 0, "result": "accepted", "offset": 41],
            ["index": 1, "result": "duplicate", "offset": 7],
            [
                "index": 2, "result": "rejected", "reason": "not_an_object",
                "detail": "is JSON, but not an object",
            ],
        ],
    ]

    static let pendingExample: JSON = [
        "eventId": "0192f0c1-7d5e-7c3a-9a41-2f6c1d0e8b77", "offset": 42, "duplicate": false,
        "status": "pending",
        "outcome": "/challenge/v1/requests/0192f0c1-7d5e-7c3a-9a41-2f6c1d0e8b77?offset=42",
    ]
}
