import NIOCore

/// Writes a response's head as it goes over the wire, byte for byte as Hummingbird and NIO would.
struct ResponseHead {
    /// What `Server` says.
    static let serverName = "goalpost-front"

    /// The status line and all fields, to the empty line.
    ///
    /// `connection` is the value of `Connection`, where there is something to say.
    static func write(
        _ response: FrontResponse,
        date: String,
        connection: String?,
        to buffer: inout ByteBuffer
    ) {
        writeStart(status: response.status, to: &buffer)
        for field in response.fields { write(field.name, field.value, to: &buffer) }
        // A 304 has no length of its own, and HEAD has GET's.
        if response.status != 304 {
            write("Content-Length", String(response.content.readableBytes), to: &buffer)
        }
        writeEnd(date: date, connection: connection, to: &buffer)
    }

    /// The status line.
    static func writeStart(status: Int, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        switch status {
        case 200: buffer.writeStaticString("200 OK\r\n")
        case 304: buffer.writeStaticString("304 Not Modified\r\n")
        default: buffer.writeString("\(status) \(Problem.title(status: status))\r\n")
        }
    }

    /// The fields of the connection, and the empty line.
    static func writeEnd(date: String, connection: String?, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("Date: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\nServer: goalpost-front\r\n")
        if let connection { write("Connection", connection, to: &buffer) }
        buffer.writeStaticString("\r\n")
    }

    /// One field.
    static func write(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }
}
