import TestKit
import Testing
import Webhook

@Suite struct WebhookClientTests {
    private func post(_ receiver: RewardReceiver, token: String? = nil, key: String = "k") async throws
        -> WebhookAnswer
    {
        let client = try WebhookClient(url: receiver.url, token: token, timeoutSeconds: 2, connectionsMax: 2)
        let answer = try await client.post(Array("{}".utf8), key: key)
        await client.close()
        return answer
    }

    @Test(arguments: [200, 201, 204])
    func `a status of success is accepted`(status: Int) async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: status) }
        defer { receiver.close() }
        #expect(try await post(receiver, token: "t-1", key: "key-7") == .accepted)
        let request = try #require(receiver.requests.first)
        #expect(request.method == "POST" && request.path == "/secret-path" && request.body == "{}")
        #expect(request.headers["idempotency-key"] == "key-7")
        #expect(request.headers["authorization"] == "Bearer t-1")
        #expect(request.headers["content-type"] == "application/json")
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func `what may pass is postponed, with what the receiver said`(status: Int) async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: status, body: "come\nback") }
        defer { receiver.close() }
        let reason = "HTTP status \(status): come back"
        #expect(try await post(receiver) == .postponed(reason: reason))
        #expect(receiver.requests.count == 1)
    }

    @Test(arguments: [301, 307, 400, 401, 403, 404, 409, 410, 422])
    func `what would fail again is refused, and no redirect is followed`(status: Int) async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: status) }
        defer { receiver.close() }
        let isCredentials = status == 401 || status == 403
        #expect(
            try await post(receiver)
                == .refused(reason: "HTTP status \(status)", isCredentials: isCredentials)
        )
        #expect(receiver.requests.count == 1)
    }

    @Test func `no answer, a cut connection and a closed port are postponed`() async throws {
        let silent = try RewardReceiver { _, _ in .silence }
        defer { silent.close() }
        #expect(try await post(silent) == .postponed(reason: "no answer within 2 s"))
        let cutting = try RewardReceiver { _, _ in .cut }
        guard case .postponed(let reason) = try await post(cutting) else {
            Issue.record("a cut connection is no answer")
            return
        }
        #expect(!reason.contains("secret"))
        cutting.close()
        guard case .postponed(let reason) = try await post(cutting) else {
            Issue.record("a closed port takes nothing")
            return
        }
        #expect(!reason.contains("secret"))
    }

    @Test func `an answer is read only so far`() async throws {
        let body = String(repeating: "x", count: 1 << 20)
        let receiver = try RewardReceiver { _, _ in .answer(status: 500, body: body) }
        defer { receiver.close() }
        let reason = "HTTP status 500: " + String(repeating: "x", count: 200)
        #expect(try await post(receiver) == .postponed(reason: reason))
    }

    @Test func `wrong settings are refused without a word of the secret`() {
        for url in ["", "secret", "ftp://secret/x", "https://", "/secret"] {
            #expect(throws: WebhookError.badURL) { try make(url, token: nil) }
        }
        for token in ["", "a b", "ü", String(repeating: "x", count: 4097)] {
            #expect(throws: WebhookError.badToken) { try make("https://example.com/", token: token) }
        }
        #expect(throws: WebhookError.tokenInTheClear) { try make("http://example.com/secret", token: "t") }
        #expect(!"\(WebhookError.tokenInTheClear)\(WebhookError.badURL)".contains("secret-path"))
    }

    private func make(_ url: String, token: String?) throws {
        _ = try WebhookClient(url: url, token: token, timeoutSeconds: 1, connectionsMax: 1)
    }
}
