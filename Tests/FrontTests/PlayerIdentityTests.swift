import Front
import Testing

@Suite struct PlayerIdentityTests {
    private static func player(_ lines: [String]) throws(Problem) -> [UInt8] {
        try PlayerIdentity.insecureHeader.player(of: FrontRequest(target: "/", player: lines))
    }

    private static func problem(_ lines: [String], _ identity: PlayerIdentity = .insecureHeader) -> Problem? {
        do throws(Problem) {
            _ = try identity.player(of: FrontRequest(target: "/", player: lines))
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        "p1", "a b", "O'Brien \"x\"", "é", "e\u{301}", "\u{1F600}", String(repeating: "x", count: 100),
        String(repeating: "\u{1F600}", count: 100), "a" + String(repeating: "\u{301}", count: 99),
    ])
    func `an id is its bytes`(id: String) throws {
        #expect(try Self.player([id]) == Array(id.utf8))
    }

    @Test func `composed and decomposed spellings are two players`() throws {
        #expect(try Self.player(["\u{E9}"]) != Self.player(["e\u{301}"]))
    }

    @Test(arguments: [
        "", String(repeating: "x", count: 101), String(repeating: "\u{1F600}", count: 101),
        "a" + String(repeating: "\u{301}", count: 300), "a\u{0}b", "a\u{FFFD}b",
    ])
    func `what cannot be an id is refused`(id: String) {
        #expect(Self.problem([id])?.code == .invalidRequest)
    }

    @Test func `two names at once are refused`() {
        #expect(Self.problem(["a", "b"])?.code == .invalidRequest)
    }

    @Test func `nobody named is unauthorized, and told how to be`() {
        let problem = Self.problem([])
        #expect(problem?.code == .unauthorized)
        #expect(problem?.fields == [.init("WWW-Authenticate", "Bearer")])
    }

    @Test func `without the option the header is not believed`() {
        let problem = Self.problem(["p1"], .none)
        #expect(problem?.code == .unauthorized)
        #expect(problem?.fields == [.init("WWW-Authenticate", "Bearer")])
    }
}
