/// Why a line is not an event that the log may hold.
package struct EventFault: Error, Equatable, Sendable {
    /// The counted reasons; the raw value is the word in summaries and in quarantine.
    package enum Reason: String, Sendable, CaseIterable {
        case tooLong = "too_long"
        case notUTF8 = "not_utf8"
        case notJSON = "not_json"
        case notAnObject = "not_an_object"
        case duplicateKey = "duplicate_key"
        case missingField = "missing_field"
        case wrongType = "wrong_type"
        case unknownName = "unknown_name"
        case badIdentifier = "bad_identifier"
        case badNumber = "bad_number"
        case badTimestamp = "bad_timestamp"
        case futureTimestamp = "future_timestamp"
        /// An event, but not one that whoever sent it may write.
        case notAllowed = "not_allowed"
    }

    package let reason: Reason
    /// One clause for people: which field, what is wrong, what is wanted.
    package let detail: String

    package init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
