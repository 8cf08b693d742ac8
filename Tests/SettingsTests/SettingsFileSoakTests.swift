import Foundation
import FuzzKit
import Settings
import TestKit
import Testing

/// Spoiled settings files: what is read is in range, and all else is refused with the file's name.
@Suite struct SettingsFileSoakTests {
    private static let files = [
        "namespace: game\npartitions: 16\nfold_batch_records: 500000\nsegment_bytes_max: 268435456\n",
        "# comment\nnamespace: \"g\\u00e9\"\npublish_batch_players: 7 # few\n",
        "---\nnamespace: 'a: b'\npartitions: 4\n...\n", "{namespace: x, partitions: 8}\n",
        "namespace: &a game\nchallenges: *a\n", "namespace: |\n  two\n  lines\n",
        "partitions: !!int \"16\"\n",
    ]
    private static let parts = [
        "\t", "- a\n", "a: [", "&x ", "*x", "<<: *x\n", "!!binary ", "? k\n: v\n", "|2\n", ">-\n",
        "%YAML 1.2\n",
        "\u{FEFF}", "\u{0}", "namespace: b\n", "partitions: 99999999999999999999\n", "partitions: -1\n", "{{",
        "~",
    ]

    @Test func `a spoiled file is read within its limits or refused by name`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/goalpost.yaml"
        var (refused, taken) = (0, 0)
        for seed in try SeedRun(1...250) {
            var random = SplitMix64(seed: seed)
            var bytes = Array(random.pick(Self.files).utf8)
            for _ in 0..<random.number(0...2) {
                bytes.insert(contentsOf: random.pick(Self.parts).utf8, at: random.number(0...bytes.count))
            }
            if random.oneIn(2) {
                bytes = Mangler.mangled(bytes, with: Array(random.pick(Self.files).utf8), &random)
            }
            try Data(bytes).write(to: URL(filePath: path))
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(SettingsError) {
                let settings = try await Settings.load(data: directory.path, environment: [:])
                #expect(settings.partitions >= 1 && settings.foldBatchRecords >= 1, "seed \(seed): \(text)")
                taken += 1
            } catch {
                #expect("\(error)".contains(path), "seed \(seed): \(error): \(text)")
                refused += 1
            }
        }
        #expect(refused + taken > 0)
    }
}
