import APIDocs
import Goals
import PayloadStore

extension FrontDocument {
    /// What became of a player's request.
    static var outcome: APIOperation {
        APIOperation(
            "get",
            "/challenge/v1/requests/{eventId}",
            id: "requestOutcome",
            tag: "Players",
            summary: "What became of the player's request.",
            description:
                "A claim or an activation is answered 202 where it is sent, with the path of its outcome: this one. "
                + "It is decided by the next fold and shown by the next publish. Shown are the newest "
                + "\(PublishedOutcome.countMax) of a player. A request of somebody else is as unknown as one that never was.",
            parameters: [
                APIOperation.Parameter(
                    "eventId",
                    in: .path,
                    "The request's id, percent-encoded UTF-8 of at most \(EventKey.bytesMax) bytes.",
                    schema: ["type": "string", "minLength": 1],
                    example: "0192f0c1-7d5e-7c3a-9a41-2f6c1d0e8b77"
                ),
                APIOperation.Parameter(
                    "offset",
                    in: .query,
                    "The request's offset in the log, as the 202 said it. While what is published does not include it, "
                        + "a request that is not known is pending.",
                    schema: ["type": "integer", "minimum": 0, "maximum": .integer(Int(Int64.max))],
                    example: 40
                ),
            ],
            answers: [
                APIOperation.Answer(
                    200,
                    "Applied, rejected with its errorCode, or pending.",
                    fields: [
                        APIOperation.Field("Cache-Control", "`private, no-store`: ask again instead."),
                        APIOperation.Field(
                            "Goalpost-Offset",
                            "All outcomes of the log's records before this offset are published."
                        ),
                    ],
                    content: reference("RequestOutcome", example: FrontSchemas.outcomeExample)
                ),
                .problem(
                    400,
                    ["INVALID_REQUEST"],
                    "The offset is none, or the request is not HTTP or says who asks in a way that cannot be."
                ),
                .problem(
                    404,
                    ["REQUEST_NOT_FOUND"],
                    "No such request of this player is published, and none with this offset is still to come.",
                    fields: [
                        APIOperation.Field(
                            "Goalpost-Offset",
                            "As above; absent where no request can have the id.",
                            isRequired: false
                        )
                    ]
                ),
            ] + whoAsks + refusals.filter { ![400, 406].contains($0.status) },
            security: security
        )
    }
}
