import APIDocs
import NIOCore

/// The description of the front as answers, made once.
enum DocsAnswer {
    private static let published = PublishedDocument(FrontDocument.document)
    private static let json = answer(published[.json])
    private static let page = answer(published[.page])

    static func response(isJSON: Bool) -> FrontResponse { isJSON ? json : page }

    private static func answer(_ answer: PublishedDocument.Answer) -> FrontResponse {
        FrontResponse(
            status: 200,
            fields: answer.fields.map { .init($0.name, $0.value) },
            content: ByteBuffer(bytes: answer.bytes)
        )
    }
}
