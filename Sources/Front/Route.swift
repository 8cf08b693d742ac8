import APIDocs
package import PayloadStore

/// What a request line asks for, before any header is looked at.
package enum Route: Equatable, Sendable {
    /// A player's own answer.
    case answer(AnswerSlot)
    /// The template with this SHA-256, which clients keep as a compression dictionary.
    case template(TemplateID)
    /// What became of a request of the player's.
    case outcome(OutcomeTarget)
    /// Whether the process runs.
    case health
    /// Whether it can answer players.
    case ready
    /// What is counted, for who operates this.
    case metrics
    /// How everything stands, for who operates this: a page, or the same for programs.
    case status(isJSON: Bool)
    /// What the routes are: a page for people, or OpenAPI for programs.
    case docs(isJSON: Bool)
    /// A known path with a method that only reads there; `allow` lists what it takes.
    case methodNotAllowed(allow: String)
    /// A path where writes go, which this process has no way to do.
    case write
    /// No such path.
    case unknown

    /// A longer request target is answered 404 without being looked at.
    package static let targetBytesMax = 4096

    private static let base = "/challenge/v1/"
    private static let reads = "GET, HEAD"

    /// The path of the template `id`, as this front serves it.
    package static func path(of id: TemplateID) -> String { base + "templates/" + id.hex }

    /// Finds the route of `target`, a path with an optional query as in the request line.
    package init(method: String, target: String) {
        if method == "GET", let usual = Self.usual(target) {
            self = usual
            return
        }
        guard target.utf8.count <= Self.targetBytesMax else {
            self = .unknown
            return
        }
        let parts = Self.originForm(target).split(
            separator: "?",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let path = parts.first ?? ""
        let query = parts.count > 1 ? parts[1] : ""
        let isRead = method == "GET" || method == "HEAD"
        switch path {
        case "/healthz": self = isRead ? .health : .methodNotAllowed(allow: Self.reads)
        case "/readyz": self = isRead ? .ready : .methodNotAllowed(allow: Self.reads)
        case "/metrics": self = isRead ? .metrics : .methodNotAllowed(allow: Self.reads)
        case "/status": self = isRead ? .status(isJSON: false) : .methodNotAllowed(allow: Self.reads)
        case "/status.json": self = isRead ? .status(isJSON: true) : .methodNotAllowed(allow: Self.reads)
        default:
            if let form = PublishedDocument.Form(path: path) {
                self = isRead ? .docs(isJSON: form == .json) : .methodNotAllowed(allow: Self.reads)
                return
            }
            guard path.hasPrefix(Self.base) else {
                self = .unknown
                return
            }
            self = Self.below(path.dropFirst(Self.base.count), query: query, method: method, isRead: isRead)
        }
    }

    /// Whether only this machine and the operator may see it.
    var isForOperators: Bool {
        switch self {
        case .metrics, .status: true
        default: false
        }
    }

    /// Whether it is answered to a player, out of what is published of that one.
    var isPlayersOwn: Bool {
        switch self {
        case .answer, .outcome: true
        default: false
        }
    }

    /// What nearly all requests ask for, without taking the target apart.
    private static func usual(_ target: String) -> Route? {
        switch target {
        case "/challenge/v1/challenges/initialize": .answer(.initialize)
        case "/challenge/v1/challenges": .answer(.challenges)
        case "/challenge/v1/challenges?active_only=true": .answer(.activeOnly)
        default: nil
        }
    }

    /// Drops scheme and authority, which a request line may carry (RFC 9112 §3.2.2).
    private static func originForm(_ target: String) -> Substring {
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            return target.dropFirst(scheme.count).drop { $0 != "/" }
        }
        return Substring(target)
    }

    private static func below(
        _ path: Substring,
        query: Substring,
        method: String,
        isRead: Bool
    ) -> Route {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        switch segments.count {
        case 1 where segments[0] == "challenges":
            let slot: AnswerSlot = isActiveOnly(query) ? .activeOnly : .challenges
            return isRead ? .answer(slot) : .methodNotAllowed(allow: reads)
        case 2 where segments[0] == "challenges" && segments[1] == "initialize":
            // Clients of the service that this one replaces POST here at each session start.
            return isRead || method == "POST"
                ? .answer(.initialize) : .methodNotAllowed(allow: "GET, HEAD, POST")
        case 2 where segments[0] == "templates":
            guard let id = TemplateID(hex: segments[1]) else { return .unknown }
            return isRead ? .template(id) : .methodNotAllowed(allow: reads)
        case 2 where segments[0] == "requests" && !segments[1].isEmpty:
            let target = OutcomeTarget(escapedID: String(segments[1]), query: String(query))
            return isRead ? .outcome(target) : .methodNotAllowed(allow: reads)
        default: return writing(segments, method: method)
        }
    }

    /// The paths that change a player's state.
    private static func writing(_ segments: [Substring], method: String) -> Route {
        guard segments.count >= 4, segments[0] == "challenges", !segments[1].isEmpty, segments[2] == "goals"
        else {
            return .unknown
        }
        if segments.count == 4 {
            let isSelection = segments[3] == "batch-select" || segments[3] == "random-select"
            return isSelection ? .write : .unknown
        }
        guard segments.count == 5, !segments[3].isEmpty else { return .unknown }
        return segments[4] == "active" || segments[4] == "claim" ? .write : .unknown
    }

    /// Only the literal `true` switches the filter on; of several such parameters the first counts.
    private static func isActiveOnly(_ query: Substring) -> Bool {
        for pair in query.split(separator: "&") where pair.hasPrefix("active_only=") {
            return pair.dropFirst("active_only=".count) == "true"
        }
        return false
    }
}
