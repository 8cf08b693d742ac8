import Settings
import Testing

@Suite struct SpellingTests {
    private static let names = SettingName.allCases.map(\.rawValue)

    @Test(arguments: SettingName.allCases)
    func `one wrong, missing or doubled letter still finds the name`(name: SettingName) {
        let text = Array(name.rawValue)
        for position in text.indices {
            var wrong = text
            wrong[position] = "#"
            var missing = text
            missing.remove(at: position)
            var doubled = text
            doubled.insert(text[position], at: position)
            for variant in [wrong, missing, doubled] {
                #expect(Spelling.nearest(to: String(variant), among: Self.names) == name.rawValue)
            }
        }
    }

    @Test func `case, hyphens and dots do not count`() {
        #expect(Spelling.nearest(to: "LOG-LEVEL", among: Self.names) == "log_level")
        #expect(Spelling.nearest(to: "front.listen", among: Self.names) == "front_listen")
    }

    @Test func `a very long name is answered all the same`() {
        let name = "log_level" + String(repeating: "x", count: 1_000_000)
        #expect(Self.names.contains(Spelling.nearest(to: name, among: Self.names)))
    }
}
