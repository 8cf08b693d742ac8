import GRPCCore
import RPCMessages
import SwiftProtobuf

/// Takes the platform's logins, one a call.
struct LoggedInService: Accelbyte_Iam_Account_V1_UserAuthenticationUserLoggedInService.SimpleServiceProtocol {
    let sink: EventSink

    func onMessage(
        request: Accelbyte_Iam_Account_V1_UserLoggedIn,
        context: ServerContext
    ) async throws -> Google_Protobuf_Empty {
        try await sink.write { () throws(PlatformEvent.Fault) in try PlatformEvent.line(request) }
        return Google_Protobuf_Empty()
    }
}

/// Takes the platform's changed statistics, one a call.
struct StatItemService: Accelbyte_Social_Statistic_V1_StatisticStatItemUpdatedService.SimpleServiceProtocol {
    let sink: EventSink

    func onMessage(
        request: Accelbyte_Social_Statistic_V1_StatItemUpdated,
        context: ServerContext
    ) async throws -> Google_Protobuf_Empty {
        try await sink.write { () throws(PlatformEvent.Fault) in try PlatformEvent.line(request) }
        return Google_Protobuf_Empty()
    }
}
