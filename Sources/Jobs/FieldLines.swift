import Disk
import Goals

/// The same lines as CSV and as NDJSON.zst, side by side: `NAME.csv` with a header and `NAME.ndjson.zst`.
///
/// Fields are given in the order of the columns; each is written to both. CSV lines end with CRLF (RFC 4180).
final class FieldLines {
    let files: [OutputFile]
    private let csv: OutputFile
    private let json: OutputFile
    /// `"name":` of each column, with the comma or brace before it.
    private let keys: [[UInt8]]
    private var column = 0
    private var csvLine: [UInt8] = []
    private var jsonLine: [UInt8] = []

    init(_ path: String, columns: [String], volume: any Volume) throws {
        csv = try OutputFile(path + ".csv", volume: volume)
        json = try OutputFile(path + ".ndjson.zst", volume: volume, compressed: true)
        files = [csv, json]
        keys = columns.enumerated().map { index, name in
            [UInt8(ascii: index == 0 ? "{" : ",")] + FieldText.json(Array(name.utf8)) + [UInt8(ascii: ":")]
        }
        try csv.append { $0 += Array((columns.joined(separator: ",") + "\r\n").utf8) }
    }

    /// A text in both spellings, for those that come again and again.
    struct Text {
        let csv: [UInt8]
        let json: [UInt8]

        init(_ text: some Collection<UInt8>) { (csv, json) = (FieldText.csv(text), FieldText.json(text)) }
        init(_ text: String) { self.init(Array(text.utf8)) }
        init(_ id: Identifier) { self.init(id.utf8) }
    }

    func field(_ text: Text) {
        begin()
        csvLine += text.csv
        jsonLine += text.json
    }

    /// A number of 0 or more; nil is missing.
    func field(_ number: (some FixedWidthInteger)?) {
        begin()
        guard let number else { return missing() }
        let start = csvLine.count
        FieldText.append(number, to: &csvLine)
        jsonLine += csvLine[start...]
    }

    func field(_ flag: Bool) {
        begin()
        let text: StaticString = flag ? "true" : "false"
        text.withUTF8Buffer {
            csvLine += $0
            jsonLine += $0
        }
    }

    func field(_ time: Timestamp?) {
        begin()
        guard let time else { return missing() }
        let start = csvLine.count
        FieldText.append(time, to: &csvLine)
        jsonLine.append(UInt8(ascii: "\""))
        jsonLine += csvLine[start...]
        jsonLine.append(UInt8(ascii: "\""))
    }

    func field(_ day: UTCDay?) {
        begin()
        guard let day else { return missing() }
        let text = Array(day.text.utf8)
        csvLine += text
        jsonLine.append(UInt8(ascii: "\""))
        jsonLine += text
        jsonLine.append(UInt8(ascii: "\""))
    }

    /// Ends the line; all columns must have been given.
    func endLine() throws {
        precondition(column == keys.count, "a line of \(column) fields for \(keys.count) columns")
        csvLine += [0x0D, 0x0A]
        jsonLine += [UInt8(ascii: "}"), 0x0A]
        try csv.append { $0 += csvLine }
        try json.append { $0 += jsonLine }
        csvLine.removeAll(keepingCapacity: true)
        jsonLine.removeAll(keepingCapacity: true)
        column = 0
    }

    func finish() throws {
        for file in files { try file.finish() }
    }

    private func begin() {
        if column > 0 { csvLine.append(UInt8(ascii: ",")) }
        jsonLine += keys[column]
        column += 1
    }

    private func missing() { jsonLine += Array("null".utf8) }
}
