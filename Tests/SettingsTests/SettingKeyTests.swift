import Settings
import Testing

@Suite struct SettingKeyTests {
    @Test func `every name has one row, in order`() {
        #expect(SettingKey.all.map(\.name) == SettingName.allCases)
    }

    @Test(arguments: SettingKey.all)
    func `a row explains itself and its default is allowed`(key: SettingKey) {
        #expect(key.meaning.hasSuffix("."))
        #expect(!key.meaning.contains("\n"))
        switch key.kind {
        case .text: #expect(key.standard != "")
        case .number(let range, let unit):
            #expect(key.standard.flatMap { Int($0) }.map(range.contains) == true)
            #expect(!unit.isEmpty)
        case .choice(let choices): #expect(key.standard.map(choices.contains) == true)
        }
    }

    @Test func `variables are the names in capitals behind the prefix`() {
        #expect(SettingName.databaseURL.variable == "GOALPOST_DATABASE_URL")
        #expect(Set(SettingName.allCases.map(\.variable)).count == SettingName.allCases.count)
    }

    @Test func `what may hold a password or a key is a secret`() {
        #expect(
            SettingKey.all.filter(\.isSecret).map(\.name) == [.databaseURL, .tokenKeys, .grantURL, .pingURL]
        )
    }
}
