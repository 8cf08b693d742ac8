import FuzzKit
import Goals
import Ingest
import Intake
import TestKit
import Testing

/// Any bytes, in any pieces, through what makes events of a request's body: nothing stops it, and what gets into a
/// batch is what `BatchCheck` says.
///
/// `GOALPOST_FUZZ_INPUTS` sets how many inputs (Tests/Benchmarks/ingest_fuzz.sh runs ten million), and
/// `GOALPOST_FUZZ_SEED` which.
@Suite struct EventFuzzTests {
    private static let grownBytesMax = 64 << 20

    @Test func `lines of any kind become records or refusals`() throws {
        var random = SplitMix64(seed: FuzzRun.seed)
        let inputs = try EventInputs(seed: FuzzRun.seed)
        var run = FuzzRun()
        var check = BatchCheck(namespace: EventInputs.namespace, now: EventInputs.now)
        while !run.isOver {
            let lines = (0..<8).map { _ in inputs.any(&random) }
            let text = Array(lines.joined(separator: random.pick([[0x0A], [0x0A], [0x0D, 0x0A]])))
            var preparer = EventPreparer(
                namespace: EventInputs.namespace,
                takesDeliveries: random.oneIn(2)
            )
            var batch =
                random.oneIn(2)
                ? EventBatch(source: SourceClaim(name: "s", committed: 0, start: 0))
                : EventBatch(keepsRefused: random.oneIn(2))
            var splitter = LineSplitter(lineBytesMax: 1 << 20, position: 0)
            var added: [[UInt8]] = []
            let pieces = Mangler.pieces(text, &random) + [[]]
            for (index, piece) in pieces.enumerated() {
                splitter.split(piece.span, isEnd: index == pieces.count - 1) { kind, line in
                    guard case .line(let at, _) = kind else { return }
                    added.append(line.withUnsafeBufferPointer { Array($0) })
                    batch.add(line, byteOffset: at, now: EventInputs.now, &preparer)
                }
            }
            guard !text.isEmpty else { continue }
            // Whatever the pieces were, the lines are those between the line ends.
            var wanted = text.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
            if wanted.last == [] { wanted.removeLast() }
            guard added == wanted else { throw FuzzFault("cut into other lines, before input \(run.done)") }
            try Self.check(&check, batch, added, run)
            try run.count(8)
        }
        Self.conclude(run, check, "lines")
    }

    @Test func `elements of any kind become records or refusals, alike in any pieces`() throws {
        var random = SplitMix64(seed: FuzzRun.seed)
        let inputs = try EventInputs(seed: FuzzRun.seed)
        var run = FuzzRun()
        var check = BatchCheck(namespace: EventInputs.namespace, now: EventInputs.now)
        while !run.isOver {
            let count = random.number(1...8)
            let events = (0..<count).map { _ in inputs.any(&random) }
            let text = Self.document(events, &random)
            let splitter = ElementSplitter(
                isArrayWanted: random.oneIn(3),
                elementBytesMax: random.pick([300, 1 << 20])
            )
            let (elements, fault) = try Self.elements(text, splitter, &random)
            var preparer = EventPreparer(namespace: EventInputs.namespace)
            var batch = EventBatch(keepsRefused: true)
            for (at, element) in elements {
                batch.add(element.span, byteOffset: at, now: EventInputs.now, &preparer)
            }
            try Self.check(&check, batch, elements.map(\.text), run)
            // Of a good array every event arrives.
            if fault == nil, text.first == UInt8(ascii: "["), batch.refusals.isEmpty, elements.isEmpty {
                guard text.allSatisfy({ [0x5B, 0x5D, 0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
                    throw FuzzFault("no element in \(text)")
                }
            }
            try run.count(count)
        }
        Self.conclude(run, check, "elements")
    }

    @Test func `CloudEvents of any kind become records or refusals`() throws {
        var random = SplitMix64(seed: FuzzRun.seed)
        let cloudEvent = CloudEvent(namespace: EventInputs.namespace)
        var run = FuzzRun()
        var check = BatchCheck(namespace: EventInputs.namespace, now: EventInputs.now)
        while !run.isOver {
            let isArray = random.oneIn(2)
            let count = isArray ? random.number(1...8) : 1
            let events = (0..<count).map { _ in CloudEventInputs.any(&random) }
            let text = isArray ? Self.document(events, &random) : events[0]
            let splitter = ElementSplitter(isArrayWanted: isArray, elementBytesMax: 1 << 20)
            let (elements, _) = try Self.elements(text, splitter, &random)
            var preparer = EventPreparer(namespace: EventInputs.namespace, takesDeliveries: false)
            var batch = EventBatch(keepsRefused: isArray)
            var added: [[UInt8]] = []
            for (at, element) in elements {
                do throws(EventFault) {
                    let event = try cloudEvent.event(element.span)
                    added.append(event)
                    batch.add(event.span, byteOffset: at, now: EventInputs.now, &preparer)
                } catch {
                    added.append(element)
                    batch.refuse(element.span, error, byteOffset: at)
                }
            }
            try Self.check(&check, batch, added, run)
            try run.count(count)
        }
        Self.conclude(run, check, "CloudEvents")
    }

    private static func check(
        _ check: inout BatchCheck,
        _ batch: EventBatch,
        _ added: [[UInt8]],
        _ run: FuzzRun
    ) throws {
        do {
            try check.check(batch, added: added)
        } catch {
            throw FuzzFault("seed \(FuzzRun.seed), after input \(run.done): \(error)")
        }
    }

    private static func conclude(_ run: FuzzRun, _ check: BatchCheck, _ name: String) {
        #expect(check.accepted > run.done / 50, "the inputs are hardly ever good")
        #expect(run.grownBytes < grownBytesMax)
        print(run.summary(name, accepted: check.accepted))
    }

    /// An array of the texts; at times spoiled as a whole.
    private static func document(_ events: [[UInt8]], _ random: inout SplitMix64) -> [UInt8] {
        let comma = Array(random.pick([",", ", ", ",\n", "\r\n,\t"]).utf8)
        let text = [UInt8(ascii: "[")] + events.joined(separator: comma) + [UInt8(ascii: "]")]
        if random.oneIn(4) { return Mangler.mangled(text, with: text, &random) }
        return random.oneIn(8) ? Array(text.dropFirst().dropLast()) : text
    }

    /// The elements before the first fault, seen to be the same whether the text comes whole or in pieces.
    private static func elements(
        _ text: [UInt8],
        _ splitter: ElementSplitter,
        _ random: inout SplitMix64
    ) throws -> (elements: [(at: UInt64, text: [UInt8])], fault: ElementSplitter.Fault?) {
        let whole = split([text[...]], splitter)
        let cut = split(Mangler.pieces(text, &random), splitter)
        guard whole.fault == cut.fault, whole.elements.map(\.at) == cut.elements.map(\.at),
            whole.elements.map(\.text) == cut.elements.map(\.text)
        else {
            throw FuzzFault("cut otherwise in pieces: \(text)")
        }
        return cut
    }

    private static func split(
        _ pieces: [ArraySlice<UInt8>],
        _ splitter: ElementSplitter
    ) -> (elements: [(at: UInt64, text: [UInt8])], fault: ElementSplitter.Fault?) {
        var splitter = splitter
        var elements: [(at: UInt64, text: [UInt8])] = []
        func take(_ at: UInt64, _ text: Span<UInt8>) {
            elements.append((at, text.withUnsafeBufferPointer { Array($0) }))
        }
        do throws(ElementSplitter.Fault) {
            for piece in pieces { try splitter.split(piece.span, take) }
            try splitter.finish(take)
        } catch {
            return (elements, error)
        }
        return (elements, nil)
    }
}
