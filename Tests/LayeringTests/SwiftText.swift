/// Just enough of Swift's lexical rules to tell code from comments and texts.
enum SwiftText {
    /// `text` with comments and the contents of string literals replaced by blanks, line by line as before.
    ///
    /// Interpolations count as content. Regex literals are not known; the house uses none.
    static func code(of text: String) -> String {
        var scanner = Scanner(bytes: Array(text.utf8))
        scanner.run()
        return String(decoding: scanner.output, as: UTF8.self)
    }

    /// The modules that `code` imports, with the 1-based line of each.
    static func imports(in code: String) -> [(module: String, line: Int, words: [Substring])] {
        let kinds: Set<Substring> = [
            "struct", "class", "enum", "protocol", "typealias", "func", "var", "let",
        ]
        var found: [(module: String, line: Int, words: [Substring])] = []
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            // Several statements may share a line.
            for statement in line.split(separator: ";") {
                let words = statement.split { $0 == " " || $0 == "\t" || $0 == "\r" }
                guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                    words[..<place].allSatisfy({ isModifier($0) })
                else { continue }
                var name = words[place + 1]
                if kinds.contains(name), place + 2 < words.count { name = words[place + 2] }
                let module = name.split(separator: ".").first.map(String.init) ?? String(name)
                found.append((module, index + 1, Array(words[..<place])))
            }
        }
        return found
    }

    /// The 1-based lines of `code` where `word` stands as a whole word.
    ///
    /// A call through a value (`disk.open(`) is another's function and does not count, unless `evenAsMember`.
    static func lines(in code: String, where word: String, evenAsMember: Bool = false) -> [Int] {
        let wanted = Array(word.utf8)
        var found: [Int] = []
        for (index, line) in code.utf8.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            let bytes = Array(line)
            guard bytes.count >= wanted.count else { continue }
            for start in 0...(bytes.count - wanted.count)
            where bytes[start..<start + wanted.count].elementsEqual(wanted) {
                let before = bytes[..<start]
                if let last = before.last, isNamePart(last), isNamePart(wanted[0]) { continue }
                let end = start + wanted.count
                if end < bytes.count, isNamePart(bytes[end]), isNamePart(wanted[wanted.count - 1]) {
                    continue
                }
                if before.last == UInt8(ascii: "."), !evenAsMember, !isQualifiedByModule(before.dropLast()) {
                    continue
                }
                if String(decoding: before, as: UTF8.self).hasSuffix("func ") { continue }
                found.append(index + 1)
                break
            }
        }
        return found
    }

    private static func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@")
            || ["public", "package", "internal", "private", "fileprivate"].contains(word)
    }

    private static func isQualifiedByModule(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return ["Glibc", "Foundation", "Swift"].contains { text.hasSuffix($0) }
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}

extension SwiftText {
    /// Walks a file once, byte by byte.
    private struct Scanner {
        let bytes: [UInt8]
        var output: [UInt8] = []
        private var at = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
            output.reserveCapacity(bytes.count)
        }

        mutating func run() {
            while at < bytes.count {
                if starts(with: "//") {
                    while at < bytes.count, bytes[at] != 10 { blank() }
                } else if starts(with: "/*") {
                    skipBlockComment()
                } else if let pounds = stringOpening() {
                    skipString(pounds: pounds)
                } else {
                    keep()
                }
            }
        }

        private mutating func skipBlockComment() {
            var depth = 0
            repeat {
                if starts(with: "/*") {
                    depth += 1
                    blank()
                } else if starts(with: "*/") {
                    depth -= 1
                    blank()
                }
                blank()
            } while depth > 0 && at < bytes.count
        }

        /// The number of `#` before a quote that opens a string here, or `nil`.
        private func stringOpening() -> Int? {
            var place = at
            while place < bytes.count, bytes[place] == UInt8(ascii: "#") { place += 1 }
            return place < bytes.count && bytes[place] == UInt8(ascii: "\"") ? place - at : nil
        }

        private mutating func skipString(pounds: Int) {
            let marks = [UInt8](repeating: UInt8(ascii: "#"), count: pounds)
            at += pounds
            let isLong = starts(with: "\"\"\"")
            let quotes = [UInt8](repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1)
            output += marks + quotes
            at += quotes.count
            let escape = [UInt8(ascii: "\\")] + marks
            var depth = 0
            while at < bytes.count {
                if depth == 0, starts(with: quotes + marks) {
                    output += quotes + marks
                    at += quotes.count + marks.count
                    return
                }
                if starts(with: escape + [UInt8(ascii: "(")]) {
                    depth += 1
                    for _ in 0...escape.count { blank() }
                } else if depth > 0, let inner = stringOpening() {
                    skipString(pounds: inner)
                } else if depth > 0 {
                    if bytes[at] == UInt8(ascii: "(") { depth += 1 }
                    if bytes[at] == UInt8(ascii: ")") { depth -= 1 }
                    blank()
                } else if starts(with: escape) {
                    for _ in 0...escape.count { blank() }
                } else if !isLong, bytes[at] == 10 {
                    // Not closed on its line: no Swift, so do not swallow the rest of the file.
                    return
                } else {
                    blank()
                }
            }
        }

        private func starts(with text: String) -> Bool { starts(with: Array(text.utf8)) }

        private func starts(with wanted: [UInt8]) -> Bool {
            at + wanted.count <= bytes.count && bytes[at..<at + wanted.count].elementsEqual(wanted)
        }

        private mutating func keep() {
            output.append(bytes[at])
            at += 1
        }

        private mutating func blank() {
            guard at < bytes.count else { return }
            output.append(bytes[at] == 10 ? 10 : 32)
            at += 1
        }
    }
}
