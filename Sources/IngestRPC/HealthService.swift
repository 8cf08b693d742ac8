import GRPCCore
import Intake
import RPCMessages

/// Says whether events are taken, for the whole server (an empty name) and for each of its services.
struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    let queue: IntakeQueue
    let draining: OneTimeEvent
    /// Full names of the services that it speaks for.
    let services: Set<String>

    func check(
        request: Grpc_Health_V1_HealthCheckRequest,
        context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        guard request.service.isEmpty || services.contains(request.service) else {
            throw RPCError(code: .notFound, message: "there is no such service here")
        }
        var response = Grpc_Health_V1_HealthCheckResponse()
        response.status = draining.hasHappened || queue.failure != nil ? .notServing : .serving
        return response
    }
}
