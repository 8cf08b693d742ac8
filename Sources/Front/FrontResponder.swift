import HTTPTypes
package import Hummingbird
package import NIOCore

/// What is known of a request besides itself: the connection it came by.
package struct FrontContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Carries requests and responses between Hummingbird and ``FrontAnswerer``.
package struct FrontResponder: HTTPResponder {
    package typealias Context = FrontContext

    /// Fields by which a proxy says that the connection's other end is not the client.
    private static let forwarding = ["Forwarded", "X-Forwarded-For", "Via"].map(name)

    private let answerers: FrontAnswerers
    private let limits: FrontLimits
    private let access: OperatorAccess
    /// Answers the routes that only operators see.
    private let figures: @Sendable (Route) async throws -> FrontResponse

    /// - Parameters:
    ///   - answerers: What answers all but the figures.
    ///   - limits: How long a body may be, which is read and ignored.
    ///   - access: Who may see the figures.
    ///   - figures: Gathers them: metrics and status.
    package init(
        answerers: FrontAnswerers,
        limits: FrontLimits,
        access: OperatorAccess,
        figures: @escaping @Sendable (Route) async throws -> FrontResponse
    ) {
        self.answerers = answerers
        self.limits = limits
        self.access = access
        self.figures = figures
    }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let target = request.head.path ?? ""
        let method = request.method.rawValue
        let isHead = request.method == .head
        guard try await isBodyBounded(request) else {
            let refusal = Problem.bodyTooLarge(limits).response(target: target)
            // Nothing more is read from this client: the rest of its body may have no end.
            var response = Self.response(refusal, isHead: isHead)
            response.headers[.connection] = "close"
            return response
        }
        let fields = request.headers
        let route = Route(method: method, target: target)
        if route.isForOperators {
            do throws(Problem) {
                try access.check(
                    peer: context.channel.remoteAddress,
                    isForwarded: Self.forwarding.contains { fields[$0] != nil },
                    authorization: fields[values: .authorization]
                )
            } catch {
                return Self.response(error.response(target: target), isHead: isHead)
            }
            return Self.response(try await figures(route), isHead: isHead)
        }
        let answer = answerers.response(to: FrontRequest(request.head))
        return Self.response(answer, isHead: isHead)
    }

    /// Reads the body to its end, or says that it is too long.
    private func isBodyBounded(_ request: Request) async throws -> Bool {
        var byteCount = 0
        for try await chunk in request.body {
            byteCount += chunk.readableBytes
            if byteCount > limits.bodyBytesMax { return false }
        }
        return true
    }

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no header name") }
        return name
    }

    private static func response(_ answer: FrontResponse, isHead: Bool) -> Response {
        let head = HTTPResponse(answer)
        if isHead || answer.status == 304 {
            // Hummingbird would add a length of 0.
            var response = Response(status: head.status, headers: head.headerFields, body: ResponseBody())
            response.headers[.contentLength] = head.headerFields[.contentLength]
            return response
        }
        return Response(
            status: head.status,
            headers: head.headerFields,
            body: ResponseBody(byteBuffer: answer.content)
        )
    }
}
