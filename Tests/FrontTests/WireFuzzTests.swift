import Foundation
import Front
import NIOCore
import NIOEmbedded
import TestKit
import Testing

/// Any bytes, in any pieces, into NIO's decoder and this front's handler: nothing stops it, nothing stays behind, and
/// a request that is known again is answered as if it had been read.
///
/// `GOALPOST_FUZZ_INPUTS` sets how many inputs (Tests/Benchmarks/front_fuzz.sh runs ten million), and
/// `GOALPOST_FUZZ_SEED` which.
@Suite struct WireFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let inputs = environment["GOALPOST_FUZZ_INPUTS"].flatMap(Int.init) ?? 20_000
    private static let seed = environment["GOALPOST_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

    @Test func `bytes of any kind are answered or refused, alike in any pieces`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1), ("p2", 9, 2)])
            let figures = try Self.run(store, inputs: Self.inputs, seed: Self.seed)
            #expect(figures.answers > 0 && figures.refusals > 0)
            // An embedded channel may leave a few bytes behind, a whole connection of the front's would be thousands;
            // over sockets, front_crowd.py sees none stay.
            #expect(figures.grownBytes < 64 << 20 + 128 * figures.connections, "\(figures)")
            print(
                "\(Self.inputs) inputs, \(figures.answers) answers, \(figures.refusals) refusals, "
                    + "\(figures.grownBytes >> 10) KiB more than after the first tenth, \(figures.residentBytes >> 20) MiB"
            )
        }
    }

    private struct Figures {
        var answers = 0
        var refusals = 0
        var connections = 0
        var grownBytes = 0
        var residentBytes = 0
    }

    /// Synchronous, since an embedded channel belongs to one thread.
    private static func run(_ store: TestStore, inputs: Int, seed: UInt64) throws -> Figures {
        var random = SplitMix64(seed: seed)
        let pipeline = FrontPipeline(
            configuration: store.configuration(),
            clock: { 1_042_000 },
            logger: TestStore.silent
        )
        var figures = Figures()
        var (done, early) = (0, 0)
        while done < inputs {
            // A connection's input: some texts, each in one piece, so that a repeated one is known again.
            let texts = WireInputs.connection(&random)
            done += texts.count
            figures.connections += 2
            let whole = try output(pipeline, texts)
            // The same bytes in pieces that end elsewhere: none is known again.
            let cut = try output(pipeline, WireInputs.recut(texts, &random))
            guard isAlike(whole, cut) else {
                Issue.record(
                    "seed \(seed), before input \(done): \(texts.map { String(decoding: $0, as: UTF8.self) })"
                )
                return figures
            }
            guard whole.isEmpty || whole.starts(with: Array("HTTP/1.1 ".utf8)) else {
                Issue.record("no response: \(String(decoding: whole.prefix(200), as: UTF8.self))")
                return figures
            }
            let text = String(decoding: whole.prefix(12), as: UTF8.self)
            if text == "HTTP/1.1 200" {
                figures.answers += 1
            } else if text.hasPrefix("HTTP/1.1 4") {
                figures.refusals += 1
            }
            if early == 0, done >= inputs / 10 { early = try resident() }
        }
        #expect(pipeline.connectionCount == 0)
        figures.residentBytes = try resident()
        figures.grownBytes = max(0, figures.residentBytes - early)
        return figures
    }

    /// Whether two connections were answered alike.
    ///
    /// Of a head that is too long and no head at all, NIO's decoder finds the one or the other first, by where the
    /// pieces end; so the two refusals count as one.
    private static func isAlike(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        if one == other { return true }
        let (left, right) = (beforeRefusal(one), beforeRefusal(other))
        return left != nil && left == right
    }

    /// What came before a last response of 400 or 431; `nil` where the last one is another.
    private static func beforeRefusal(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let start = Array("HTTP/1.1 ".utf8)
        guard let last = bytes.indices.last(where: { bytes[$0...].starts(with: start) }) else { return nil }
        let status = bytes[last...].dropFirst(start.count).prefix(3)
        guard status.elementsEqual("400".utf8) || status.elementsEqual("431".utf8) else { return nil }
        return bytes[..<last]
    }

    /// All that a connection writes when it gets these pieces.
    private static func output(_ pipeline: FrontPipeline, _ pieces: [[UInt8]]) throws -> [UInt8] {
        let channel = EmbeddedChannel()
        try pipeline.addWithCodec(to: channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var output: [UInt8] = []
        for piece in pieces {
            // The decoder says by an error what the handler has refused already.
            do { try channel.writeInbound(ByteBuffer(bytes: piece)) } catch {}
            while let data = try channel.readOutbound(as: IOData.self) {
                if case .byteBuffer(let bytes) = data { output += bytes.readableBytesView }
            }
        }
        do { _ = try channel.finish(acceptAlreadyClosed: true) } catch {}
        return output
    }

    private static func resident() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
    }
}
