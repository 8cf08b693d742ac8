import Foundation
import FoundationNetworking

/// Tells a watchdog of another machine (healthchecks.io and its like) about runs, so that silence is noticed.
///
/// `URL/JOB/start` when a run begins, `URL/JOB` when it has done its work, `URL/JOB/fail` with the message as body
/// when it has not. The URL is a secret: it is in no message.
struct HealthPings: Sendable {
    /// How long one ping may take.
    static let secondsMax = 10.0
    /// Bytes of a message that are sent.
    private static let bodyBytesMax = 10_000

    private let base: URL

    /// Nil where no URL is set.
    init?(_ text: String?) throws(JobError) {
        guard let text else { return nil }
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let url = URL(string: trimmed), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", url.host() != nil
        else {
            throw JobError(
                .configuration,
                "ping_url is no http or https URL (it is a secret, so it is not shown): correct or unset it"
            )
        }
        base = url
    }

    /// Each call returns what went wrong, nil when nothing did.
    func started(_ job: JobName) async -> String? { await send(job, "start") }
    /// `failure` is the message of a run that failed.
    func ended(_ job: JobName, _ failure: String?) async -> String? {
        guard let failure else { return await send(job, nil) }
        return await send(job, "fail", body: failure)
    }

    private func send(_ job: JobName, _ event: String?, body: String? = nil) async -> String? {
        var url = base.appending(path: job.rawValue)
        if let event { url = url.appending(path: event) }
        var request = URLRequest(url: url, timeoutInterval: Self.secondsMax)
        if let body {
            request.httpMethod = "POST"
            request.setValue("text/plain; charset=utf-8", forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(body.utf8.prefix(Self.bodyBytesMax))
        }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = Self.secondsMax
        configuration.timeoutIntervalForResource = Self.secondsMax
        let session = URLSession(configuration: configuration)
        defer { session.finishTasksAndInvalidate() }
        do {
            let (_, response) = try await session.data(for: request)
            guard let status = (response as? HTTPURLResponse)?.statusCode else { return nil }
            return (200..<300).contains(status) ? nil : "it answered with HTTP status \(status)"
        } catch let error as URLError {
            // The description may quote the URL; the code cannot.
            return Self.reason(error.code)
        } catch {
            return "the request failed"
        }
    }

    private static func reason(_ code: URLError.Code) -> String {
        switch code {
        case .timedOut: "no answer within \(Int(secondsMax)) s"
        case .cannotConnectToHost: "nobody listens there"
        case .cannotFindHost, .dnsLookupFailed: "its host is not known"
        case .secureConnectionFailed, .serverCertificateUntrusted:
            "no TLS connection to it that can be trusted"
        default: "the request failed (URLError \(code.rawValue))"
        }
    }
}
