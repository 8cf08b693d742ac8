package import PayloadStore
import Synchronization
package import Zstd

/// Decodes stored frames to the JSON they stand for; shared by all requests.
package final class AnswerDecoder: Sendable {
    /// Templates kept ready at the same time: three answers, of the newest and some older configurations.
    package static let dictionariesMax = 12
    /// A frame that claims to be longer is not decoded: 64 MiB.
    package static let jsonBytesMax = 64 << 20

    /// A zstd context that one request at a time holds.
    private final class Lane: Sendable {
        let decompressor = Mutex<DictionaryDecompressor?>(nil)
    }

    private struct Cache {
        var dictionaries: [TemplateID: DecompressionDictionary] = [:]
        /// In the order they came, oldest first.
        var order: [TemplateID] = []
    }

    private let cache = Mutex(Cache())
    private let lanes: [Lane]
    private let turn = Atomic<Int>(0)

    /// - Parameter laneCount: How many frames can be decoded at the same moment.
    package init(laneCount: Int) {
        lanes = (0..<max(1, laneCount)).map { _ in Lane() }
    }

    /// The dictionary of `id`, or `nil` when it has to be made ``prepare(_:template:)`` first.
    package func dictionary(_ id: TemplateID) -> DecompressionDictionary? {
        cache.withLock { $0.dictionaries[id] }
    }

    /// Makes a template ready, and forgets the oldest one when there are too many.
    package func prepare(_ id: TemplateID, template: [UInt8]) throws(ZstdError) -> DecompressionDictionary {
        let made = try DecompressionDictionary(template: template)
        return cache.withLock { cache in
            if let known = cache.dictionaries[id] { return known }
            if cache.order.count >= Self.dictionariesMax {
                cache.dictionaries[cache.order.removeFirst()] = nil
            }
            cache.dictionaries[id] = made
            cache.order.append(id)
            return made
        }
    }

    /// The bytes that `frame` stands for.
    package func decode(
        _ frame: [UInt8],
        with dictionary: DecompressionDictionary
    ) throws(ZstdError) -> [UInt8] {
        let first = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        for step in 0..<lanes.count {
            let lane = lanes[Int(UInt(bitPattern: first &+ step) % UInt(lanes.count))]
            let bytes = try lane.decompressor.withLockIfAvailable { decompressor throws(ZstdError) in
                try Self.decode(frame, dictionary, &decompressor)
            }
            if let bytes { return bytes }
        }
        let lane = lanes[Int(UInt(bitPattern: first) % UInt(lanes.count))]
        return try lane.decompressor.withLock { decompressor throws(ZstdError) in
            try Self.decode(frame, dictionary, &decompressor)
        }
    }

    private static func decode(
        _ frame: [UInt8],
        _ dictionary: DecompressionDictionary,
        _ decompressor: inout DictionaryDecompressor?
    ) throws(ZstdError) -> [UInt8] {
        if let decompressor {
            return try decompressor.decompress(frame, with: dictionary, byteCountMax: jsonBytesMax)
        }
        let made = try DictionaryDecompressor()
        let bytes = try made.decompress(frame, with: dictionary, byteCountMax: jsonBytesMax)
        decompressor = made
        return bytes
    }
}
