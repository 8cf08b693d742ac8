import Front
import PayloadStore
import Testing

@Suite struct AnswerNegotiationTests {
    private static let own = TemplateID([UInt8](0..<32))
    private static let other = TemplateID([UInt8](1..<33))
    /// The base64 of bytes 0 to 31.
    private static let dictionary = ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:"

    private static func choose(
        _ accept: [String],
        _ dictionary: [String]
    ) throws -> AnswerNegotiation.Coding? {
        AnswerNegotiation.coding(
            accept: AcceptEncoding(accept),
            availableDictionary: dictionary,
            template: try #require(own)
        )
    }

    @Test(arguments: [
        ["dcz"], ["gzip, deflate, br, zstd, dcb, dcz"], ["dcz;q=0.001"], ["dcz", "identity"],
        ["identity;q=0.5, dcz;q=0.5"], ["identity;q=0, dcz"], ["*;q=0, dcz"],
    ])
    func `dcz goes to who names it and holds the template`(accept: [String]) throws {
        #expect(try Self.choose(accept, [Self.dictionary]) == .dcz)
    }

    @Test(arguments: [
        [], [""], ["*"], ["dcz;q=0"], ["dcb"], ["br"], ["identity, dcz;q=0.9"], ["*, dcz;q=0.5"],
        ["identity;q=0.9, gzip;q=0.8, zstd;q=0.7, dcz;q=0.6"], ["identity, gzip;q=0.999"],
    ])
    func `identity goes to who does not want dcz, or wants it less`(accept: [String]) throws {
        #expect(try Self.choose(accept, [Self.dictionary]) == .identity)
    }

    @Test(
        arguments: [
            (["zstd"], .zstd), (["gzip, zstd"], .zstd), (["gzip, deflate, br, zstd"], .zstd),
            (["gzip"], .gzip),
            (["gzip, deflate"], .gzip), (["x-gzip"], .gzip), (["GZIP"], .gzip), (["gzip;q=0.5"], .gzip),
            (["zstd;q=0.5, gzip"], .gzip), (["zstd;q=0, gzip;q=0.1"], .gzip), (["dcz, gzip"], .gzip),
            (["dcz;q=1, zstd;q=0.1"], .zstd), (["identity;q=0, *"], .zstd),
            (["identity;q=0, *, zstd;q=0"], .gzip),
            (["gzip", "zstd;q=0.2"], .gzip), (["identity;q=0.5, gzip;q=0.5"], .gzip),
            (["gzip;q=0.001"], .gzip),
        ] as [([String], AnswerNegotiation.Coding)]
    )
    func `without the template the weights choose, and of equal ones the smaller body`(
        accept: [String],
        coding: AnswerNegotiation.Coding
    ) throws {
        #expect(try Self.choose(accept, []) == coding)
    }

    @Test(arguments: [
        ["dcz;q=0.5, zstd;q=0.6"], ["dcz;q=0.5, gzip;q=0.4, zstd;q=0.51"],
    ])
    func `dcz gives way to what is wanted more`(accept: [String]) throws {
        #expect(try Self.choose(accept, [Self.dictionary]) == .zstd)
    }

    @Test(arguments: [
        [], [""], [":"], ["::"], ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
        [":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8:"], [":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=:"],
        [":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:x"], [dictionary, dictionary],
        ["\(dictionary), \(dictionary)"], [dictionary.lowercased()],
    ])
    func `without exactly this template it is identity`(dictionary: [String]) throws {
        #expect(try Self.choose(["dcz"], dictionary) == .identity)
    }

    @Test func `another template is not this template`() throws {
        let field = try #require(Self.other).structuredField
        #expect(try Self.choose(["dcz"], [field]) == .identity)
    }

    @Test(arguments: [" \(dictionary)", "\(dictionary) ", "\(dictionary);a=1", "\(dictionary) ;a"])
    func `blanks and parameters around the digest do not matter`(dictionary: String) throws {
        #expect(try Self.choose(["dcz"], [dictionary]) == .dcz)
    }

    @Test(arguments: [
        (["identity;q=0"], []), (["*;q=0"], []), (["br, *;q=0"], [dictionary]),
        (["identity;q=0, dcz;q=0"], [dictionary]), (["dcz, identity;q=0"], []),
    ])
    func `who refuses all there is gets nothing`(accept: [String], dictionary: [String]) throws {
        #expect(try Self.choose(accept, dictionary) == nil)
    }

    @Test func `the header of dcz is a skippable zstd frame of 32 bytes`() {
        #expect(AnswerNegotiation.dczMagic == [0x5E, 0x2A, 0x4D, 0x18, 0x20, 0, 0, 0])
        #expect(AnswerNegotiation.Coding.dcz.token == "dcz")
        #expect(AnswerNegotiation.Coding.zstd.token == "zstd")
        #expect(AnswerNegotiation.Coding.gzip.token == "gzip")
        #expect(AnswerNegotiation.Coding.identity.token == nil)
    }
}
