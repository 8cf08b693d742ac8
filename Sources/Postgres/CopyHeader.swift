/// What surrounds the tuples of a binary COPY.
enum CopyHeader {
    private static let signature = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0]
    /// Signature, flags, and the length of an extension that no server sends yet.
    private static let fixedBytes = 19

    /// Bytes that the header takes at the start of the first message.
    static func byteCount(_ message: UnsafeRawBufferPointer) throws(PostgresError) -> Int {
        guard message.count >= fixedBytes, unsafe message.starts(with: signature) else {
            throw .protocolViolation("a binary COPY does not start with its signature")
        }
        let extensionBytes = unsafe Int32(
            bigEndian: message.loadUnaligned(fromByteOffset: fixedBytes - 4, as: Int32.self)
        )
        guard extensionBytes >= 0, Int(extensionBytes) <= message.count - fixedBytes else {
            throw .protocolViolation("the header of a binary COPY is longer than its first message")
        }
        return fixedBytes + Int(extensionBytes)
    }

    static func isTrailer(_ message: UnsafeRawBufferPointer) -> Bool {
        unsafe message.count == 2 && message[0] == 0xFF && message[1] == 0xFF
    }
}
