import Intake
package import RPCMessages

/// The platform's messages as events of the log.
///
/// What is empty and may be missing is filled in with the record: the id and the time.
package enum PlatformEvent {
    /// Why a message is no event, in the platform's words.
    package enum Fault: String, Error, Equatable {
        case noUser = "userId cannot be empty"
        case noPayload = "payload cannot be nil"
        case noStatCode = "statCode cannot be empty"
        case notFinite = "latestValue and inc have to be finite numbers"
    }

    /// A login's text, one line without its end.
    package static func line(_ message: Accelbyte_Iam_Account_V1_UserLoggedIn) throws(Fault) -> [UInt8] {
        guard !message.userID.isEmpty else { throw .noUser }
        var line = head(
            "userLoggedIn",
            id: message.id,
            namespace: message.namespace,
            timestamp: message.timestamp,
            user: message.userID
        )
        line += Array("}}".utf8)
        return line
    }

    /// A changed statistic's text, one line without its end.
    package static func line(_ message: Accelbyte_Social_Statistic_V1_StatItemUpdated) throws(Fault)
        -> [UInt8]
    {
        guard !message.userID.isEmpty else { throw .noUser }
        guard message.hasPayload else { throw .noPayload }
        let item = message.payload
        guard !item.statCode.isEmpty else { throw .noStatCode }
        guard item.latestValue.isFinite, item.inc.isFinite else { throw .notFinite }
        var line = head(
            "statItemUpdated",
            id: message.id,
            namespace: message.namespace,
            timestamp: message.timestamp,
            user: message.userID
        )
        line += Array(#""statCode":"#.utf8)
        line += JSONLiteral.quoted(Array(item.statCode.utf8))
        line += Array(#","latestValue":\#(number(item.latestValue)),"inc":\#(number(item.inc))}}"#.utf8)
        return line
    }

    /// An event's beginning, up to where its payload's fields come.
    private static func head(
        _ name: String,
        id: String,
        namespace: String,
        timestamp: String,
        user: String
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(320)
        line += Array(#"{"id":"#.utf8)
        line += JSONLiteral.quoted(Array(id.utf8))
        line += Array(#","name":"\#(name)","namespace":"#.utf8)
        line += JSONLiteral.quoted(Array(namespace.utf8))
        line += Array(#","timestamp":"#.utf8)
        line += JSONLiteral.quoted(Array(timestamp.utf8))
        line += Array(#","userId":"#.utf8)
        line += JSONLiteral.quoted(Array(user.utf8))
        line += Array(#","payload":{"#.utf8)
        return line
    }

    /// The shortest text that reads back as the same number; whole ones as they are written by hand.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(.towardZero), abs(value) < 1e15, !(value == 0 && value.sign == .minus) {
            return String(Int64(value))
        }
        return value.description
    }
}
