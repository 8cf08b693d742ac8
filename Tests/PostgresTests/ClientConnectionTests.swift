import Postgres
import Testing

@Suite struct ClientConnectionTests {
    @Test(arguments: [
        (
            "postgresql://u:s3cr3t@h:7/db?sslmode=require",
            "user='u' host='h' port='7' dbname='db' sslmode='require'"
        ),
        ("host=/tmp user=u dbname=d password='s3cr3t'", "user='u' dbname='d' host='/tmp'"),
    ])
    func `the password is taken apart`(text: String, conninfo: String) throws {
        let connection = try ClientConnection(text)
        #expect(connection.password == "s3cr3t")
        #expect(Set(connection.conninfo.split(separator: " ")) == Set(conninfo.split(separator: " ")))
        #expect(!"\(connection)".contains("s3cr3t"))
    }

    @Test func `no password is none, and values are quoted`() throws {
        let connection = try ClientConnection(#"host=/tmp user='o\'x \\y'"#)
        #expect(connection.password == nil)
        #expect(connection.conninfo.contains(#"user='o\'x \\y'"#))
        #expect(try ClientConnection(connection.conninfo).conninfo == connection.conninfo)
        #expect(try ClientConnection("plain").conninfo == "dbname='plain'")
    }

    @Test func `what cannot be handed on safely is refused without being shown`() {
        for text in ["host=h sslpassword=s3cr3t", "postgresql://u:s3cr3t@[h", "host='s3cr3t"] {
            let error = #expect(throws: PostgresError.self) { try ClientConnection(text) }
            #expect(error?.description.contains("s3cr3t") == false)
        }
    }
}
