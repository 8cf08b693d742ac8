import Testing

/// The guard is only as good as its reading of Swift, so that is tested too.
@Suite struct SwiftTextTests {
    @Test(arguments: [
        ("import Goals", "Goals"),
        ("package import Goals", "Goals"),
        ("internal import CLMDB", "CLMDB"),
        ("@preconcurrency import Foundation", "Foundation"),
        ("@testable import Fold", "Fold"),
        ("@_exported public import Zstd", "Zstd"),
        ("import struct Foundation.Date", "Foundation"),
        ("import   Tables   // why", "Tables"),
        ("  \timport Disk", "Disk"),
        ("let a = 1; import Disk", "Disk"),
        ("import Foundation.NSString", "Foundation"),
    ])
    func `every form of import is found`(line: String, module: String) {
        let imports = SwiftText.imports(in: SwiftText.code(of: "\n" + line + "\n"))
        #expect(imports.map(\.module) == [module])
        #expect(imports.map(\.line) == [2])
    }

    @Test(arguments: [
        "// import Goals", "/* import Goals */", "let a = \"import Goals\"",
        "let a = \"\"\"\nimport Goals\n\"\"\"",
        "/* a /* b */ import Goals */", "func important() {}", "let import_ = 1",
    ])
    func `what is no import is none`(text: String) {
        #expect(SwiftText.imports(in: SwiftText.code(of: text)).isEmpty)
    }

    @Test(arguments: [
        ("a = \"x\" + b // try?", "a = \" \" + b        "),
        ("a = \"\\\"try?\\\"\" + b", "a = \"        \" + b"),
        ("a = #\"\"try?\"\"# + b", "a = #\"      \"# + b"),
        ("a = \"\\(f(\"try?\"))\" + b", "a = \"    \"    \"  \" + b"),
        ("\"\"\"\n\"try?\"\n\"\"\"; b", "\"\"\"\n      \n\"\"\"; b"),
        ("/* try? */ b", "           b"),
    ])
    func `comments and texts are blanked, code stays where it was`(text: String, code: String) {
        #expect(SwiftText.code(of: text) == code)
    }

    @Test(arguments: [
        ("let a = try? b()", "try?", 1), ("retry?.x", "try?", 0), ("x = Glibc.open(p)", "open(", 1),
        ("disk.open(p)", "open(", 0), ("func open(p)", "open(", 0), ("reopen(p)", "open(", 0),
        ("open(p)", "open(", 1), ("a as! B", "as!", 1), ("has!", "as!", 0),
        ("Int.random(in: r)", "random(", 0),
    ])
    func `words are found whole`(code: String, word: String, count: Int) {
        #expect(SwiftText.lines(in: code, where: word).count == count)
    }

    @Test func `members are found where asked for`() {
        #expect(SwiftText.lines(in: "Int.random(in: r)", where: ".random(", evenAsMember: true) == [1])
        #expect(SwiftText.lines(in: "\ntext.write(to: url)", where: "write(to", evenAsMember: true) == [2])
    }
}
