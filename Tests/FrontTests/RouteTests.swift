import Front
import PayloadStore
import Testing

@Suite struct RouteTests {
    private static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        ("GET", "/challenge/v1/challenges/initialize", Route.answer(.initialize)),
        ("POST", "/challenge/v1/challenges/initialize", .answer(.initialize)),
        ("HEAD", "/challenge/v1/challenges/initialize?x=1", .answer(.initialize)),
        ("GET", "/challenge/v1/challenges", .answer(.challenges)),
        ("GET", "/challenge/v1/challenges?", .answer(.challenges)),
        ("HEAD", "/challenge/v1/challenges", .answer(.challenges)),
        ("GET", "/challenge/v1/challenges?active_only=true", .answer(.activeOnly)),
        ("GET", "/challenge/v1/challenges?a=b&active_only=true&c", .answer(.activeOnly)),
        ("GET", "http://game.example/challenge/v1/challenges?active_only=true", .answer(.activeOnly)),
        ("GET", "/healthz", .health), ("HEAD", "/healthz", .health), ("GET", "/readyz?verbose", .ready),
        ("GET", "/metrics", .metrics), ("HEAD", "/metrics", .metrics),
    ])
    func `known requests find their route`(method: String, target: String, route: Route) {
        #expect(Route(method: method, target: target) == route)
    }

    @Test(arguments: [
        "active_only=True", "active_only=TRUE", "active_only=1", "active_only=yes", "active_only=",
        "active_only",
        "active_only=true%20", "active_only=tru%65", "Active_only=true", "xactive_only=true",
        "active_only=true;a",
        "active_only=false&active_only=true",
    ])
    func `only the literal true switches the filter on`(query: String) {
        #expect(Route(method: "GET", target: "/challenge/v1/challenges?\(query)") == .answer(.challenges))
    }

    @Test(arguments: ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get", ""])
    func `other methods on known paths are told what is allowed`(method: String) {
        #expect(
            Route(method: method, target: "/challenge/v1/challenges/initialize")
                == .methodNotAllowed(allow: "GET, HEAD, POST")
        )
        for path in [
            "/challenge/v1/challenges", "/healthz", "/readyz", "/metrics",
            "/challenge/v1/templates/\(Self.hex)",
        ] {
            #expect(Route(method: method, target: path) == .methodNotAllowed(allow: "GET, HEAD"))
        }
    }

    @Test func `POST is for initialize alone`() {
        #expect(
            Route(method: "POST", target: "/challenge/v1/challenges") == .methodNotAllowed(allow: "GET, HEAD")
        )
    }

    @Test(arguments: ["GET", "PUT", "POST"])
    func `paths that change a player's state are known, whatever the method`(method: String) {
        for path in [
            "c1/goals/g1/active", "c1/goals/g1/claim", "c1/goals/batch-select", "c1/goals/random-select",
            "%C3%A9/goals/a%2Fb/claim",
        ] {
            #expect(Route(method: method, target: "/challenge/v1/challenges/\(path)") == .write)
        }
    }

    @Test func `a template is named by 64 lower-case digits`() throws {
        let id = try #require(TemplateID(hex: Substring(Self.hex)))
        #expect(Route(method: "GET", target: "/challenge/v1/templates/\(Self.hex)") == .template(id))
        #expect(Route.path(of: id) == "/challenge/v1/templates/\(Self.hex)")
        for wrong in [Self.hex.uppercased(), String(Self.hex.dropLast()), Self.hex + "0", "", Self.hex + "/"]
        {
            #expect(Route(method: "GET", target: "/challenge/v1/templates/\(wrong)") == .unknown)
        }
    }

    @Test func `a request's outcome is named by one segment, taken apart later`() {
        let path = "/challenge/v1/requests/"
        for (target, id, query) in [
            ("r1", "r1", ""), ("a%2Fb?offset=7", "a%2Fb", "offset=7"),
            ("%zz?offset=?&x", "%zz", "offset=?&x"),
            ("r1?", "r1", ""),
        ] {
            let expected = Route.outcome(OutcomeTarget(escapedID: id, query: query))
            #expect(Route(method: "GET", target: path + target) == expected)
            #expect(Route(method: "HEAD", target: path + target) == expected)
            #expect(Route(method: "POST", target: path + target) == .methodNotAllowed(allow: "GET, HEAD"))
        }
        for other in ["", "/", "r1/", "r1/x", "?offset=1"] {
            #expect(Route(method: "GET", target: path + other) == .unknown, "\(other)")
        }
    }

    @Test(arguments: [
        "", "/", "*", "healthz", "/healthz/", "//healthz", "/challenge/v1", "/challenge/v1/",
        "/challenge/v2/challenges",
        "/challenge/v1/challenges/", "/challenge/v1/challenges/initialize/", "/challenge/v1//challenges",
        "/challenge/v1/%63hallenges", "/challenge/v1/challenges/c1", "/challenge/v1/challenges/c1/goals",
        "/challenge/v1/challenges//goals/g1/claim", "/challenge/v1/challenges/c1/goals//claim",
        "/challenge/v1/challenges/c1/goals/g1/other", "/challenge/v1/challenges/../challenges", "http://host",
    ])
    func `everything else is unknown`(target: String) {
        #expect(Route(method: "GET", target: target) == .unknown)
    }

    @Test func `a target beyond the limit is unknown without being read`() {
        let path = "/challenge/v1/challenges?"
        let fitting = path + String(repeating: "x", count: Route.targetBytesMax - path.utf8.count)
        #expect(Route(method: "GET", target: fitting) == .answer(.challenges))
        #expect(Route(method: "GET", target: fitting + "x") == .unknown)
    }
}
