import Testing
import Zstd

@Suite struct DictionaryDecompressorTests {
    private let template = Array(String(repeating: "The goal is near. ", count: 50).utf8)
    private let frame: [UInt8]
    private let dictionary: DecompressionDictionary
    private let decompressor: DictionaryDecompressor

    init() throws {
        frame = try SequenceCompressor(template: template).compress(whole: template + [33])
        dictionary = try DecompressionDictionary(template: template)
        decompressor = try DictionaryDecompressor()
    }

    @Test func `decodes, again and again, and into memory of the caller`() throws {
        for _ in 0..<3 {
            #expect(
                try decompressor.decompress(frame, with: dictionary, byteCountMax: 5000) == template + [33]
            )
        }
        var output: [UInt8] = Array(repeating: 0, count: template.count + 1)
        var span = output.mutableSpan
        var bytes = span.mutableBytes
        try decompressor.decompress(frame.span.bytes, with: dictionary, into: &bytes)
        #expect(output == template + [33])
        #expect(dictionary.byteCount == template.count)
    }

    @Test func `the stated size is checked before memory is taken`() throws {
        let size = template.count + 1
        #expect(try DictionaryDecompressor.contentSize(of: frame.span.bytes, byteCountMax: size) == size)
        #expect(throws: ZstdError.contentTooLarge(declared: UInt64(size), limit: size - 1)) {
            try decompressor.decompress(frame, with: dictionary, byteCountMax: size - 1)
        }
    }

    @Test func `a cut frame is refused at every length`() throws {
        for count in 0..<frame.count {
            #expect(throws: ZstdError.self, "\(count) bytes") {
                try decompressor.decompress(Array(frame[0..<count]), with: dictionary, byteCountMax: 5000)
            }
        }
    }

    @Test func `garbled frames fail or decode, and never crash`() throws {
        for at in frame.indices {
            for bit in 0..<8 {
                var garbled = frame
                garbled[at] ^= 1 << bit
                do {
                    let bytes = try decompressor.decompress(garbled, with: dictionary, byteCountMax: 5000)
                    #expect(bytes.count <= 5000)
                } catch {
                    #expect(!error.description.isEmpty)
                }
            }
        }
        // The context is none the worse for it.
        #expect(try decompressor.decompress(frame, with: dictionary, byteCountMax: 5000) == template + [33])
    }

    @Test func `other bytes are no frame`() {
        #expect(throws: ZstdError.self) {
            try decompressor.decompress(Array("plain text".utf8), with: dictionary, byteCountMax: 5000)
        }
        #expect(throws: ZstdError.self) {
            try decompressor.decompress([], with: dictionary, byteCountMax: 5000)
        }
    }
}
