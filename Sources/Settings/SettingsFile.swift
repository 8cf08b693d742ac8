import Configuration
import Foundation
import Synchronization

/// The settings that `goalpost.yaml` in a data directory gives; an absent file gives none.
package struct SettingsFile: Sendable {
    /// The file's name inside the data directory.
    package static let fileName = "goalpost.yaml"
    /// A larger file is refused before it is parsed.
    package static let bytesMax = 1 << 20

    package let path: String
    /// All keys, nested ones joined by dots, sorted.
    package let keys: [String]
    private let snapshot: YAMLSnapshot?

    /// Reads and parses the file, which may be missing.
    package init(dataDirectory: String) throws(SettingsError) {
        path =
            dataDirectory.hasSuffix("/") ? dataDirectory + Self.fileName : dataDirectory + "/" + Self.fileName
        guard let bytes = try Self.read(path), Self.hasContent(bytes) else {
            snapshot = nil
            keys = []
            return
        }
        let seen = KeyCollector()
        let options = YAMLSnapshot.ParsingOptions(
            // The parser names each key to this closure and nowhere else, which is how unknown ones are found.
            secretsSpecifier: .dynamic { key, _ in
                seen.keys.withLock { $0.append(key) }
                return true
            }
        )
        do {
            snapshot = try YAMLSnapshot(data: bytes.span.bytes, providerName: path, parsingOptions: options)
        } catch {
            throw .malformed(path: path, reason: Self.oneLine(String(describing: error)))
        }
        keys = seen.keys.withLock { $0.sorted() }
    }

    /// The text of `name`, or `nil` where the file does not set it.
    package func text(of name: SettingName) throws(SettingsError) -> String? {
        guard let snapshot, keys.contains(name.rawValue) else { return nil }
        let source = SettingSource.file(path: path, key: name.rawValue)
        do {
            let found = try snapshot.value(forKey: AbsoluteConfigKey([name.rawValue]), type: .string)
            guard case .string(let text)? = found.value?.content, !text.isEmpty, text != "~", text != "null"
            else {
                throw SettingsError.notAValue(source: source)
            }
            return text
        } catch {
            // A list is the only thing the lookup itself refuses.
            throw .notAValue(source: source)
        }
    }

    private static func read(_ path: String) throws(SettingsError) -> [UInt8]? {
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            let data = try handle.read(upToCount: bytesMax + 1) ?? Data()
            try handle.close()
            guard data.count <= bytesMax else { throw SettingsError.tooLarge(path: path, bytesMax: bytesMax) }
            return Array(data)
        } catch let error as SettingsError {
            throw error
        } catch let error as CocoaError
            where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile
        {
            return nil
        } catch {
            throw .unreadable(path: path, reason: oneLine(error.localizedDescription))
        }
    }

    /// Whether anything is left without comments and blank lines; YAML calls such a file no document at all.
    private static func hasContent(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "\n")).contains { line in
            let text = line.drop {
                $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r")
            }
            return !text.isEmpty && text.first != UInt8(ascii: "#") && !text.elementsEqual("---".utf8)
        }
    }

    /// The first line of a parser's message: further ones quote the file, which may hold a password.
    private static func oneLine(_ text: String) -> String {
        String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(200))
    }
}

/// Gathers the keys that a parser names to a closure.
private final class KeyCollector: Sendable {
    let keys = Mutex<[String]>([])
}
