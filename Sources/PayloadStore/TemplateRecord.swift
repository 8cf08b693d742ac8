/// A stored template: a format version (2), the XXH64 of the bytes with the XXH64 of the template's id as its seed, the
/// bytes.
///
/// The seed makes a template under another's id a damaged one. Records of version 1, with seed 0, are read too.
enum TemplateRecord {
    private static let version: UInt8 = 2
    /// The version whose checksum does not tell which template it is.
    private static let versionOfAny: UInt8 = 1

    static func encode(_ template: [UInt8], id: TemplateID) -> [UInt8] {
        var writer = FieldWriter()
        writer.append(version)
        writer.append(Checksum.xxh64(template, seed: Checksum.xxh64(id.bytes)))
        writer.bytes.append(contentsOf: template)
        return writer.bytes
    }

    /// The template, nil when the record is damaged, another template's, or of another version.
    static func decode(_ bytes: UnsafeRawBufferPointer, id: TemplateID) -> [UInt8]? {
        var reader = FieldReader(bytes)
        guard let version = reader.read(UInt8.self), version == Self.version || version == versionOfAny,
            let sum = reader.read(UInt64.self), let template = reader.readBytes(reader.remaining)
        else { return nil }
        let seed = version == versionOfAny ? 0 : Checksum.xxh64(id.bytes)
        guard Checksum.xxh64(template, seed: seed) == sum else { return nil }
        return template
    }
}
