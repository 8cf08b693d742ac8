import APIDocs
import Goals

/// The forms of players' answers, and an answer of each.
enum FrontSchemas {
    static let all: [JSON.Member] = [
        JSON.Member("Initialize", initialize), JSON.Member("Challenges", challenges),
        JSON.Member("AssignedGoal", assignedGoal), JSON.Member("Challenge", challenge),
        JSON.Member("Goal", goal), JSON.Member("Requirement", requirement), JSON.Member("Reward", reward),
        JSON.Member("RequestOutcome", outcome), JSON.Member("Status", status), JSON.Member("Time", time),
    ]

    private static let initialize: JSON = [
        "type": "object", "additionalProperties": false,
        "required": ["assignedGoals", "newAssignments", "totalActive"],
        "properties": [
            "assignedGoals": ["type": "array", "items": ["$ref": "#/components/schemas/AssignedGoal"]],
            "newAssignments": .countSchema(
                "Goals assigned with this answer: those of a player without events."
            ),
            "totalActive": .countSchema("Assigned goals."),
        ],
    ]

    private static let challenges: JSON = [
        "type": "object", "additionalProperties": false, "required": ["challenges"],
        "properties": [
            "challenges": ["type": "array", "items": ["$ref": "#/components/schemas/Challenge"]]
        ],
    ]

    /// One form a status.
    private static let outcome: JSON = [
        "oneOf": [
            .objectSchema([
                JSON.Member("eventId", text), JSON.Member("status", ["const": "applied"]),
                JSON.Member("decidedAt", timeReference),
            ]),
            .objectSchema([
                JSON.Member("eventId", text), JSON.Member("status", ["const": "rejected"]),
                JSON.Member("errorCode", errorCode), JSON.Member("decidedAt", timeReference),
            ]),
            .objectSchema([
                JSON.Member("eventId", text), JSON.Member("status", ["const": "pending"]),
                JSON.Member("offset", .countSchema("The offset that the client gave.")),
            ]),
        ]
    ]

    private static let errorCode: JSON = [
        "type": "string",
        "description": .string(
            "Why: `" + RequestOutcome.Rejection.allCases.map(\.rawValue).joined(separator: "`, `")
                + "`; later versions may know more."
        ),
    ]

    private static let assignedGoal: JSON = .objectSchema([
        JSON.Member("challengeId", text), JSON.Member("goalId", text), JSON.Member("name", text),
        JSON.Member("description", text), JSON.Member("isActive", ["const": true]),
        JSON.Member("assignedAt", timeReference), JSON.Member("expiresAt", timeReference),
        JSON.Member("progress", .countSchema("How far the player is.")), JSON.Member("target", target),
        JSON.Member("status", ["$ref": "#/components/schemas/Status"]),
        JSON.Member("requirement", ["$ref": "#/components/schemas/Requirement"]),
        JSON.Member("reward", ["$ref": "#/components/schemas/Reward"]),
    ])

    private static let challenge: JSON = .objectSchema([
        JSON.Member("challengeId", text), JSON.Member("name", text), JSON.Member("description", text),
        JSON.Member("goals", ["type": "array", "items": ["$ref": "#/components/schemas/Goal"]]),
    ])

    private static let goal: JSON = .objectSchema([
        JSON.Member("goalId", text), JSON.Member("name", text), JSON.Member("description", text),
        JSON.Member("requirement", ["$ref": "#/components/schemas/Requirement"]),
        JSON.Member("reward", ["$ref": "#/components/schemas/Reward"]),
        JSON.Member("prerequisites", ["type": "array", "items": text]),
        JSON.Member("progress", .countSchema("How far the player is; of a daily goal, today.")),
        JSON.Member("status", ["$ref": "#/components/schemas/Status"]),
        JSON.Member(
            "locked",
            ["type": "boolean", "description": "Some prerequisite is neither completed nor claimed."]
        ), JSON.Member("completedAt", timeReference), JSON.Member("claimedAt", timeReference),
        JSON.Member("isActive", ["type": "boolean"]), JSON.Member("expiresAt", timeReference),
        JSON.Member("expiresInSeconds", .countSchema("0 where nothing expires.")),
    ])

    private static let requirement: JSON = .objectSchema([
        JSON.Member("statCode", text), JSON.Member("operator", ["const": ">="]),
        JSON.Member("targetValue", target),
    ])

    private static let reward: JSON = .objectSchema([
        JSON.Member("type", ["enum": ["ITEM", "WALLET"]]), JSON.Member("rewardId", text),
        JSON.Member("quantity", ["type": "integer", "minimum": 1]),
    ])

    private static let status: JSON = ["enum": ["not_started", "in_progress", "completed", "claimed"]]

    private static let time: JSON = [
        "type": "string", "description": "UTC, to the second; empty where there is none.",
        "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$",
    ]

    private static let timeReference: JSON = ["$ref": "#/components/schemas/Time"]
    private static let text: JSON = ["type": "string"]
    private static let target: JSON = ["type": "integer", "minimum": 1]

    // MARK: Examples

    private static let exampleRequirement: JSON = [
        "statCode": "snowmen_beaten", "operator": ">=", "targetValue": 10,
    ]
    private static let exampleReward: JSON = ["type": "ITEM", "rewardId": "sword", "quantity": 1]

    static let outcomeExample: JSON = [
        "eventId": "0192f0c1-7d5e-7c3a-9a41-2f6c1d0e8b77", "status": "rejected",
        "errorCode": "GOAL_NOT_COMPLETED", "decidedAt": "2026-11-04T12:00:00Z",
    ]

    static let initializeExample: JSON = [
        "assignedGoals": [
            [
                "challengeId": "winter", "goalId": "snowmen-10", "name": "Beat ten snowmen",
                "description": "Anywhere on the ice.", "isActive": true,
                "assignedAt": "2026-11-04T12:00:00Z", "expiresAt": "", "progress": 3, "target": 10,
                "status": "in_progress", "requirement": exampleRequirement, "reward": exampleReward,
            ]
        ], "newAssignments": 0, "totalActive": 1,
    ]

    static let challengesExample: JSON = [
        "challenges": [
            [
                "challengeId": "winter", "name": "Winter", "description": "While the snow lies.",
                "goals": [
                    [
                        "goalId": "snowmen-10", "name": "Beat ten snowmen",
                        "description": "Anywhere on the ice.", "requirement": exampleRequirement,
                        "reward": exampleReward, "prerequisites": [], "progress": 3,
                        "status": "in_progress", "locked": false, "completedAt": "", "claimedAt": "",
                        "isActive": true, "expiresAt": "", "expiresInSeconds": 0,
                    ]
                ],
            ]
        ]
    ]
}
