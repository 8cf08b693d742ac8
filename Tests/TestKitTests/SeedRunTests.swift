import TestKit
import Testing

@Suite struct SeedRunTests {
    @Test func `a normal run takes the fixed seeds`() throws {
        #expect(Array(try SeedRun(3...6, environment: [:])) == [3, 4, 5, 6])
    }

    @Test func `one named seed is taken alone, in a soak too`() throws {
        let environment = ["GOALPOST_SEED": "18446744073709551615", "GOALPOST_SOAK_SECONDS": "60"]
        #expect(Array(try SeedRun(1...9, environment: environment)) == [.max])
    }

    @Test func `a soak takes fresh seeds, and one even where no time is left`() throws {
        let (first, second) = (
            Array(try SeedRun(1...9, environment: ["GOALPOST_SOAK_SECONDS": "0"])),
            Array(try SeedRun(1...9, environment: ["GOALPOST_SOAK_SECONDS": "0"]))
        )
        #expect(first.count == 1 && second.count == 1 && first != second)
        var long = try SeedRun(1...1, environment: ["GOALPOST_SOAK_SECONDS": "600"])
        #expect(Set((0..<100).compactMap { _ in long.next() }).count == 100)
    }

    @Test(
        arguments: ["GOALPOST_SEED", "GOALPOST_SOAK_SECONDS"],
        ["", "-1", "1.5", "18446744073709551616", "x"]
    )
    func `what is no number is an error that names it`(name: String, value: String) throws {
        let error = #expect(throws: (any Error).self) {
            _ = try SeedRun(1...2, environment: [name: value])
        }
        #expect(error.map { "\($0)" }?.contains("\(name) is '\(value)'") == true)
    }

    @Test func `a soak has an end`() {
        #expect(throws: (any Error).self) {
            _ = try SeedRun(1...2, environment: ["GOALPOST_SOAK_SECONDS": "604801"])
        }
    }
}
