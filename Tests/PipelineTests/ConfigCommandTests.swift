import Disk
import Foundation
import Settings
import TestKit
import Testing

/// `goalpost config`: every setting, who gave it and what it means; no secret.
@Suite struct ConfigCommandTests {
    private struct Row: Decodable {
        let key: String
        let variable: String
        let value: String?
        let source: String
        let `default`: String?
        let range: String
        let meaning: String
    }

    @Test func `every setting is shown with its source, and secrets are not`() throws {
        let directory = try TemporaryDirectory()
        try LocalVolume().atomicWrite(
            Array("namespace: mygame\nping_url: https://h/key-in-file\n".utf8),
            to: directory.path + "/goalpost.yaml"
        )
        let program = GoalpostProgram(
            data: directory.path,
            databaseURL: "postgresql://u:s3cr3t-word@h/d",
            extra: ["GOALPOST_FOLD_CONNECTIONS": "3", "GOALPOST_NAMESPACE": ""]
        )
        let text = try program.succeed("config")
        let json = try program.succeed("config", "--json")
        let rows = try JSONDecoder().decode([Row].self, from: Data(json.utf8))
        #expect(rows.map(\.key) == SettingName.allCases.map(\.rawValue))
        for row in rows {
            #expect(text.contains("\(row.key): "), "\(row.key)")
            #expect(text.contains(row.meaning) && text.contains(row.variable), "\(row.key)")
            #expect(!row.range.isEmpty && row.meaning.hasSuffix("."))
        }
        func row(_ name: SettingName) throws -> Row { try #require(rows.first { $0.key == name.rawValue }) }
        #expect(try row(.namespace).value == "mygame")
        #expect(try row(.namespace).source == "key namespace in \(directory.path)/goalpost.yaml")
        #expect(try row(.foldConnections).value == "3" && row(.foldConnections).default == "2")
        #expect(try row(.foldConnections).source == "environment variable GOALPOST_FOLD_CONNECTIONS")
        #expect(try row(.foldConnections).range == "1 to 64 connections")
        #expect(try row(.jobGapSeconds).value == "900" && row(.jobGapSeconds).source == "the default")
        #expect(try row(.metricsDirectory).value == nil && row(.logFormat).range == "text, json")
        for secret in [SettingName.databaseURL, .pingURL] {
            #expect(try row(secret).value == "(set, not shown)")
        }
        for word in ["s3cr3t-word", "key-in-file"] {
            #expect(!text.contains(word) && !json.contains(word))
        }
    }

    @Test func `an unknown key is an error that names the nearest`() throws {
        let directory = try TemporaryDirectory()
        try LocalVolume().atomicWrite(Array("ping_ulr: x\n".utf8), to: directory.path + "/goalpost.yaml")
        let program = GoalpostProgram(data: directory.path, databaseURL: "x")
        RefusalTests.expect(try program.run("config"), 78, "ping_ulr", "ping_url")
    }
}
