import GRPCCore
import RPCMessages
import Tokens

/// Lets only services in that show a token, where tokens are asked for; the health check is for everybody.
struct CallerCheck: ServerInterceptor {
    let access: ServiceAccess

    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>,
        context: ServerContext,
        next:
            @Sendable (
                _ request: StreamingServerRequest<Input>,
                _ context: ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let isHealth = context.descriptor.service == Grpc_Health_V1_Health.descriptor
        guard isHealth || access.allows(Array(request.metadata[stringValues: "authorization"])) else {
            throw RPCError(code: .unauthenticated, message: "this needs a service's token")
        }
        return try await next(request, context)
    }
}
