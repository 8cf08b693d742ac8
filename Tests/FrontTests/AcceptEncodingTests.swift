import Front
import Testing

@Suite struct AcceptEncodingTests {
    @Test(arguments: [
        ([], 1000), ([""], 1), (["gzip"], 1), (["*"], 1000), (["*;q=0"], 0), (["identity;q=0"], 0),
        (["gzip, *;q=0"], 0), (["identity;q=0.5, *;q=0"], 500), (["*;q=0, identity"], 1000),
        (["gzip;q=1.0", "identity;q=0.25"], 250), (["IDENTITY;q=0"], 0), (["identity;Q=0"], 0),
        (["identity ; q=0"], 0), (["identity;q= 0"], 1), (["identity;q=0.000"], 0), (["identity;q=0.001"], 1),
    ])
    func `the weight of plain bytes`(values: [String], weight: Int) {
        #expect(AcceptEncoding(values).identity == weight)
    }

    @Test(arguments: [
        (["dcz"], 1000), (["gzip, dcz"], 1000), (["gzip", "br, dcz;q=0.7"], 700), (["dcz;q=0"], 0),
        (["DCZ"], 1000),
        ([" \tdcz\t;\tq=0.5 "], 500), (["dcz;q=1.000"], 1000), (["dcz;q=0.123"], 123),
        (["dcz;q=0.1;x=y"], 100),
        (["dcz;x=y;q=0.1"], 100), (["dcz;q=0.3, dcz;q=0.9"], 300), ([",,dcz,"], 1000), (["dcz;q=1."], 1000),
    ])
    func `a listed coding has its weight`(values: [String], weight: Int) {
        #expect(AcceptEncoding(values).listed("dcz") == weight)
    }

    @Test(arguments: [
        [], [""], ["gzip"], ["*"], ["dczx"], ["x-dcz"], ["dcz;q=2"], ["dcz;q=1.001"], ["dcz;q=-1"],
        ["dcz;q="],
        ["dcz;q=a"], ["dcz;q=0.1234"], ["dcz;q=.5"], ["dcz;q=01"], ["d cz"], ["\"dcz\""],
        ["dcz;q=0,5"].map { _ in "dcz;q=0x" },
    ])
    func `what is not listed properly is not listed`(values: [String]) {
        #expect(AcceptEncoding(values).listed("dcz") == nil)
    }

    @Test func `only the first codings of an endless list are read`() {
        let many = (0..<AcceptEncoding.codingsMax).map { "c\($0)" }
        #expect(AcceptEncoding([many.joined(separator: ",") + ",dcz"]).listed("dcz") == nil)
        #expect(AcceptEncoding([many.dropLast().joined(separator: ",") + ",dcz"]).listed("dcz") == 1000)
    }
}
