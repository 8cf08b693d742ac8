/// Why no request can be made with these settings; no message quotes the URL, which may hold a secret.
package enum WebhookError: Error, Equatable, CustomStringConvertible {
    /// The text is no http or https URL with a host.
    case badURL
    /// The token would travel in the clear to another machine.
    case tokenInTheClear
    /// The token is empty, longer than `WebhookClient.tokenBytesMax`, or not visible ASCII.
    case badToken

    package var description: String {
        switch self {
        case .badURL:
            "the webhook's URL is no http or https URL with a host (it may hold a secret, so it is not shown): correct it"
        case .tokenInTheClear:
            "the webhook has a bearer token but no https: use an https URL, or a host of this machine"
        case .badToken:
            "the webhook's token is no line of 1 to \(WebhookClient.tokenBytesMax) visible ASCII characters"
        }
    }
}
