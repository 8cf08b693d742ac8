import Goals
import PayloadStore

/// What became of a player's requests.
extension FrontAnswerer {
    /// Who asks is known first: others learn nothing, not even what is wrong with their request.
    func outcome(_ target: OutcomeTarget, _ request: FrontRequest) throws(Problem) -> FrontResponse {
        var known: KnownPlayer?
        let player = try player(of: request, &known)
        let offset = try target.offset()
        guard let id = target.eventID else {
            throw Problem(
                .requestNotFound,
                "No request has such an id: they have 1 to \(EventKey.bytesMax) bytes of UTF-8, percent-encoded."
            )
        }
        // Outcome and offset of one commit: an outcome before that offset cannot be still to come.
        let (found, state) = try stored { () throws(PayloadStoreError) in
            try answers.read { view throws(PayloadStoreError) in
                (try view.outcome(of: player, key: EventKey.key(id)), view.state)
            }
        }
        let included = FrontResponse.Field("Goalpost-Offset", String(state.leastOffset))
        let name = Problem.quoted(String(decoding: id, as: UTF8.self))
        if let found { return Self.outcome(#"{"eventId":\#(name),\#(Self.members(of: found))}"#, included) }
        if let offset, offset >= state.leastOffset {
            return Self.outcome(#"{"eventId":\#(name),"status":"pending","offset":\#(offset)}"#, included)
        }
        guard !state.currentTemplates.isEmpty else {
            throw Self.unavailable("The first publish of all players has not ended yet.")
        }
        throw Problem(
            .requestNotFound,
            "This player has no request of this id among the newest \(PublishedOutcome.countMax) that are published.",
            fields: [included]
        )
    }

    private static func members(of outcome: PublishedOutcome) -> String {
        // The tables can hold times that no text can.
        let instant = Timestamp(microseconds: outcome.decidedAt)
        var time: [UInt8] = []
        RFC3339.appendSeconds(min(max(instant, RFC3339.least), RFC3339.greatest), to: &time)
        let decided = #""decidedAt":"\#(String(decoding: time, as: UTF8.self))""#
        guard let code = outcome.errorCode else { return #""status":"applied",\#(decided)"# }
        return #""status":"rejected","errorCode":\#(Problem.quoted(code)),\#(decided)"#
    }

    /// Not kept by anybody: who asks again wants to know whether it has been decided meanwhile, and who has been
    /// told the outcome does not ask again.
    private static func outcome(_ body: String, _ included: FrontResponse.Field) -> FrontResponse {
        FrontResponse(
            status: 200,
            fields: [json, FrontResponse.Field("Cache-Control", "private, no-store"), included],
            body: Array(body.utf8)
        )
    }
}
