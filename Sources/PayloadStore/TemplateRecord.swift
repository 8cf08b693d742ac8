/// A stored template: a format version (1), the XXH64 of the bytes, the bytes.
enum TemplateRecord {
    private static let version: UInt8 = 1

    static func encode(_ template: [UInt8]) -> [UInt8] {
        var writer = FieldWriter()
        writer.append(version)
        writer.append(Checksum.xxh64(template))
        writer.bytes.append(contentsOf: template)
        return writer.bytes
    }

    /// The template, nil when the record is damaged or of another version.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var reader = FieldReader(bytes)
        guard reader.read(UInt8.self) == version, let sum = reader.read(UInt64.self),
            let template = reader.readBytes(reader.remaining), Checksum.xxh64(template) == sum
        else { return nil }
        return template
    }
}
