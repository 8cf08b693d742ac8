import Foundation
import Front
import NIOCore
import Testing

@Suite struct OperatorAccessTests {
    private static func code(_ access: OperatorAccess, _ peer: String?, _ authorization: [String] = []) throws
        -> Problem.Code?
    {
        let address = try peer.map { try SocketAddress(ipAddress: $0, port: 1) }
        do throws(Problem) {
            try access.check(peer: address, isForwarded: false, authorization: authorization)
            return nil
        } catch { return error.code }
    }

    private static func withFile<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appending(path: "goalpost-token-\(UUID())")
        try Data(text.utf8).write(to: file)
        defer { do { try FileManager.default.removeItem(at: file) } catch { Issue.record(error) } }
        return try body(file.path())
    }

    @Test(arguments: ["127.0.0.1", "127.200.3.4", "::1", "::ffff:127.0.0.1"])
    func `this machine is let in`(peer: String) throws {
        #expect(try Self.code(OperatorAccess(), peer) == nil)
    }

    @Test(arguments: ["10.0.0.1", "128.0.0.1", "::2", "::ffff:10.0.0.1", "fe80::1"])
    func `other machines are not, without a token`(peer: String) throws {
        #expect(try Self.code(OperatorAccess(), peer) == .forbidden)
        #expect(try Self.code(OperatorAccess(), nil) == .forbidden)
        #expect(try Self.code(OperatorAccess(), peer, ["Bearer "]) == .forbidden)
    }

    @Test func `with the right token they are`() throws {
        try Self.withFile("secret-secret-secret\n") { path in
            let access = try OperatorAccess(tokenFile: path)
            #expect(try Self.code(access, "10.0.0.1", ["Bearer secret-secret-secret"]) == nil)
            #expect(try Self.code(access, "10.0.0.1", ["bearer secret-secret-secret"]) == nil)
            for wrong in [
                [], ["Bearer secret-secret-secreT"], ["Bearer"],
                ["Bearer secret-secret-secret", "Bearer secret-secret-secret"],
            ] {
                #expect(try Self.code(access, "10.0.0.1", wrong) == .unauthorized, "\(wrong)")
            }
        }
    }

    @Test(arguments: [
        ("", "less than 16"), ("short\n", "less than 16"),
        (String(repeating: " ", count: 100), "less than 16"),
        ("two words in a file", "printable"), ("0123456789abcd\u{E9}f", "printable"),
        (String(repeating: "x", count: 5000), "more than 4096"),
    ])
    func `a file that holds no token is refused, without being quoted`(text: String, says: String) throws {
        try Self.withFile(text) { path in
            let failure = #expect(throws: OperatorAccess.Failure.self) { try OperatorAccess(tokenFile: path) }
            #expect(failure?.description.contains(says) == true, "\(String(describing: failure))")
            #expect(failure?.path == path)
            if !text.isEmpty { #expect(failure?.reason.contains(text) == false) }
        }
    }

    @Test func `a file that is not there is named`() {
        let failure = #expect(throws: OperatorAccess.Failure.self) {
            try OperatorAccess(tokenFile: "/nonexistent/x")
        }
        #expect(failure?.description.contains("/nonexistent/x") == true)
    }
}
