import FuzzKit
import GRPCCore
import Goals
import Ingest
import IngestRPC
import Intake
import RPCMessages
import SwiftProtobuf
import TestKit
import Testing

/// Any bytes as the messages that gRPC callers send: nothing stops it, and what gets into a batch is what
/// `BatchCheck` says.
///
/// `GOALPOST_FUZZ_INPUTS` sets how many inputs (Tests/Benchmarks/ingest_fuzz.sh runs ten million), and
/// `GOALPOST_FUZZ_SEED` which.
@Suite struct MessageFuzzTests {
    private typealias Login = Accelbyte_Iam_Account_V1_UserLoggedIn
    private typealias Statistic = Accelbyte_Social_Statistic_V1_StatItemUpdated

    private static let ids = ["", "e1", "é", "a\"b\\c", "\n", "\u{0}", String(repeating: "i", count: 201)]
    private static let users = [
        "u", "u", "cafe\u{301}", "\u{FEFF}bom", "", "\u{7F}", String(repeating: "長", count: 101),
    ]
    private static let times = [
        "", "2025-12-01T00:00:00Z", "2025-12-01T00:00:00.5+01:00", "never", "2999-01-01T00:00:00Z",
    ]
    private static let namespaces = ["goalpost-test", "goalpost-test", "goalpost-test", "other", ""]
    private static let numbers: [Double] = [
        0, -0.0, 1, -7, 1.5, 0.1, 999_999_999_999_999, 1e15, 1e16, 1e-7, .leastNonzeroMagnitude,
        .greatestFiniteMagnitude,
        .infinity,
        .nan, 9_007_199_254_740_992,
    ]

    @Test func `messages of any kind become records or refusals`() throws {
        var random = SplitMix64(seed: FuzzRun.seed)
        let inputs = try EventInputs(seed: FuzzRun.seed)
        var run = FuzzRun()
        var check = BatchCheck(namespace: EventInputs.namespace, now: EventInputs.now)
        var refusedBytes = 0
        while !run.isOver {
            do {
                switch random.number(0...2) {
                case 0:
                    let bytes = try Self.spoiled(Self.login(&random), Self.login(&random), &random)
                    let message = try Login(serializedBytes: bytes)
                    try Self.take(PlatformEvent.line(message), &check)
                    try run.count(1)
                case 1:
                    let bytes = try Self.spoiled(Self.statistic(&random), Self.statistic(&random), &random)
                    let message = try Statistic(serializedBytes: bytes)
                    let line = try PlatformEvent.line(message)
                    try Self.expectNumber(line, message)
                    try Self.take(line, &check)
                    try run.count(1)
                default:
                    let bytes = try Self.spoiled(
                        Self.request(inputs, &random),
                        Self.request(inputs, &random),
                        &random
                    )
                    let message = try Goalpost_V1_AppendRequest(serializedBytes: bytes)
                    var preparer = EventPreparer(namespace: EventInputs.namespace, takesDeliveries: false)
                    let batch = try EventSink.batch(message, now: EventInputs.now, &preparer)
                    let added = message.events.map { event in
                        var line = Array(event)
                        EventSink.joinLines(&line)
                        return line
                    }
                    try check.check(batch, added: added)
                    try run.count(added.count)
                }
            } catch let error as FuzzFault {
                throw FuzzFault("seed \(FuzzRun.seed), after input \(run.done): \(error)")
            } catch is BinaryDecodingError, is PlatformEvent.Fault, is RPCError {
                // What callers are told.
                refusedBytes += 1
                try run.count(1)
            }
        }
        #expect(refusedBytes > run.done / 100)
        #expect(check.accepted > run.done / 50, "the inputs are hardly ever good")
        #expect(run.grownBytes < 64 << 20)
        print(run.summary("messages", accepted: check.accepted))
    }

    private static func take(_ line: [UInt8], _ check: inout BatchCheck) throws {
        guard !line.contains(0x0A) else { throw FuzzFault("a line end within a message's line: \(line)") }
        var preparer = EventPreparer(namespace: EventInputs.namespace, takesDeliveries: false)
        var batch = EventBatch(keepsRefused: false)
        batch.add(line.span, byteOffset: 0, now: EventInputs.now, &preparer)
        try check.check(batch, added: [line])
    }

    /// The number is read back from the line as it was in the message.
    private static func expectNumber(_ line: [UInt8], _ message: Statistic) throws {
        var scanner = EventScanner(namespace: nil, checks: true)
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line.span, now: nil) else { return }
            view = event
        } catch {
            // Other fields of it are no event's.
            return
        }
        guard view.value == message.payload.latestValue else {
            throw FuzzFault("\(message.payload.latestValue) became \(view.value)")
        }
    }

    /// A message's bytes, mostly changed.
    private static func spoiled(
        _ message: some Message,
        _ other: some Message,
        _ random: inout SplitMix64
    ) throws -> [UInt8] {
        let bytes: [UInt8] = try message.serializedBytes()
        switch random.number(0...9) {
        case 0...4: return bytes
        case 5: return Mangler.noise(&random)
        default: return Mangler.mangled(bytes, with: try other.serializedBytes(), &random)
        }
    }

    private static func login(_ random: inout SplitMix64) -> Login {
        var message = Login()
        message.id = random.pick(ids)
        message.namespace = random.pick(namespaces)
        message.timestamp = random.pick(times)
        message.userID = random.pick(users)
        return message
    }

    private static func statistic(_ random: inout SplitMix64) -> Statistic {
        var message = Statistic()
        message.id = random.pick(ids)
        message.namespace = random.pick(namespaces)
        message.timestamp = random.pick(times)
        message.userID = random.pick(users)
        if !random.oneIn(20) {
            message.payload.statCode = random.pick(users)
            message.payload.latestValue =
                random.oneIn(2) ? random.pick(numbers) : Double(bitPattern: random.next())
            message.payload.inc = random.pick(numbers)
        }
        return message
    }

    private static func request(_ inputs: EventInputs, _ random: inout SplitMix64)
        -> Goalpost_V1_AppendRequest
    {
        var message = Goalpost_V1_AppendRequest()
        for _ in 0..<random.number(1...8) { message.events.append(.init(inputs.any(&random))) }
        return message
    }
}
