import APIDocs
import NIOCore

/// The description of the front as answers, made once.
enum DocsAnswer {
    private static let source = "/apidocs/api.json"
    private static let page = answer(
        "text/html; charset=utf-8",
        APIPage.render(FrontDocument.document, source: source)
    )
    private static let json = answer("application/json", FrontDocument.document.json.bytes)

    static func response(isJSON: Bool) -> FrontResponse { isJSON ? json : page }

    private static func answer(_ type: String, _ bytes: [UInt8]) -> FrontResponse {
        FrontResponse(
            status: 200,
            fields: [
                .init("Content-Type", type), .init("Cache-Control", "public, max-age=3600"),
                .init("X-Content-Type-Options", "nosniff"),
                .init(
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
                ),
            ],
            content: ByteBuffer(bytes: bytes)
        )
    }
}
