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
        buffer.writeStaticString("HTTP/1.1 ")
        switch response.status {
        case 200: buffer.writeStaticString("200 OK\r\n")
        case 304: buffer.writeStaticString("304 Not Modified\r\n")
        default: buffer.writeString("\(response.status) \(Problem.title(status: response.status))\r\n")
        }
        for field in response.fields { write(field.name, field.value, to: &buffer) }
        // A 304 has no length of its own, and HEAD has GET's.
        if response.status != 304 {
            write("Content-Length", String(response.content.readableBytes), to: &buffer)
        }
        write("Date", date, to: &buffer)
        write("Server", serverName, to: &buffer)
        if let connection { write("Connection", connection, to: &buffer) }
        buffer.writeStaticString("\r\n")
    }

    private static func write(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }
}
