import Front
import Listening
import Testing

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8480", "127.0.0.1", 8480), ("[::1]:8480", "::1", 8480), ("0.0.0.0:0", "0.0.0.0", 0),
        ("localhost:65535", "localhost", 65_535), ("front.example:080", "front.example", 80),
        ("[fe80::1]:1", "fe80::1", 1),
    ])
    func `host and port are told apart`(text: String, host: String, port: Int) throws {
        let address = try ListenAddress(text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(try ListenAddress(address.description) == address)
    }

    @Test(arguments: [
        "", ":", "8480", ":8480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1:8x", "::1:8480", "[::1]", "[::1]8480", "[]:1", "[a]:1", "a b:1", "http://a:1", "a:１",
        "a:000080",
    ])
    func `anything else is refused with an example`(text: String) {
        let error = #expect(throws: ListenAddress.Failure.self) { try ListenAddress(text) }
        #expect(error?.description.contains("127.0.0.1:8480") == true)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.255.255", true), ("127.1.2.3", true), ("::1", true),
        ("0.0.0.0", false),
        ("::", false), ("localhost", false), ("127.0.0.1.example.com", false), ("127.0.0", false),
        ("127.0.0.256", false),
        ("127.0.0.", false), ("1270.0.0.1", false), ("::ffff:127.0.0.1", false), ("10.0.0.1", false),
        ("127.a.b.c", false),
    ])
    func `only addresses of this machine are loopback`(host: String, isLoopback: Bool) {
        let address = ListenAddress(host: host, port: 1)
        #expect(address.isLoopback == isLoopback)
        var configuration = FrontConfiguration(
            storeDirectory: "/x",
            listen: address,
            identity: .insecureHeader
        )
        if isLoopback {
            #expect(throws: Never.self) { try configuration.validate() }
        } else {
            #expect(throws: FrontConfiguration.Failure.insecureOffLoopback(address)) {
                try configuration.validate()
            }
        }
        configuration.identity = .none
        #expect(throws: Never.self) { try configuration.validate() }
    }
}
