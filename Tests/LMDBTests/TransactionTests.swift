import LMDB
import TestKit
import Testing

@Suite struct TransactionTests {
    private let scratch: TemporaryDirectory
    private let environment: Environment
    private let database: Database

    init() throws {
        scratch = try TemporaryDirectory()
        environment = try Environment.openReadWrite(directory: scratch.path + "/store", mapBytes: 16 << 20)
        database = try environment.makeDatabase(named: "a")
    }

    private func put(_ key: [UInt8], _ value: [UInt8]) throws {
        let database = database
        try environment.write { batch throws(LMDBError) in try batch.put(value, in: database, under: key) }
    }

    private func get(_ key: [UInt8]) throws -> [UInt8]? {
        let database = database
        return try ReadSnapshot(environment).read { view throws(LMDBError) in
            try view.bytes(in: database, of: key)
        }
    }

    @Test func `a value comes back, an unknown key is nil`() throws {
        try put([1, 2], [3, 4, 5])
        #expect(try get([1, 2]) == [3, 4, 5])
        #expect(try get([1]) == nil)
        try put([1, 2], [])
        #expect(try get([1, 2]) == [])
    }

    @Test(arguments: [1, 2, 400, 511])
    func `keys of every allowed length are kept`(byteCount: Int) throws {
        try put(Array(repeating: 0xCC, count: byteCount), [1])
        #expect(try get(Array(repeating: 0xCC, count: byteCount)) == [1])
    }

    @Test(arguments: [0, 512, 5000])
    func `other keys are refused when written and absent when read`(byteCount: Int) throws {
        let key: [UInt8] = Array(repeating: 1, count: byteCount)
        #expect(throws: LMDBError.keyOutOfRange(byteCount: byteCount)) { try put(key, [1]) }
        #expect(try get(key) == nil)
    }

    @Test func `a thrown error rolls everything back`() throws {
        try put([1], [1])
        let database = database
        #expect(throws: LMDBError.keyOutOfRange(byteCount: 0)) {
            try environment.write { batch throws(LMDBError) in
                try batch.put([2], in: database, under: [1])
                try batch.put([2], in: database, under: [])
            }
        }
        #expect(try get([1]) == [1])
    }

    @Test func `a result that is not to be kept rolls everything back`() throws {
        try put([1], [1])
        let database = database
        let answer = try environment.write(keepIf: { $0 != 2 }) { batch throws(LMDBError) in
            try batch.put([2], in: database, under: [1])
            return 2
        }
        #expect(answer == 2)
        #expect(try get([1]) == [1])
    }

    @Test func `a full map is reported with its size and leaves the data as it was`() throws {
        try put([1], [1])
        let database = database
        #expect(throws: LMDBError.mapFull(path: environment.path, mapBytes: 16 << 20)) {
            try environment.write { batch throws(LMDBError) in
                for key in UInt8(1)...255 {
                    try batch.put(Array(repeating: key, count: 1 << 20), in: database, under: [key])
                }
            }
        }
        #expect(try get([1]) == [1])
        #expect(try get([2]) == nil)
        try put([2], [2])
        #expect(try get([2]) == [2])
    }

    @Test func `a snapshot does not move until it is read again`() throws {
        try put([1], [1])
        let database = database
        let snapshot = try ReadSnapshot(environment)
        try snapshot.begin()
        let first = try snapshot.withView { view throws(LMDBError) in view.transactionNumber }
        try put([1], [2])
        let held = try snapshot.withView { view throws(LMDBError) in try view.bytes(in: database, of: [1]) }
        #expect(held == [1])
        snapshot.end()
        let (value, second) = try snapshot.read { view throws(LMDBError) in
            (try view.bytes(in: database, of: [1]), view.transactionNumber)
        }
        #expect(value == [2])
        #expect(second == first + 1)
    }

    @Test func `reading inside a read and after its end throws`() throws {
        let snapshot = try ReadSnapshot(environment)
        #expect(throws: LMDBError.self) { try snapshot.withView { _ throws(LMDBError) in } }
        try snapshot.begin()
        #expect(throws: LMDBError.self) { try snapshot.begin() }
        #expect(throws: LMDBError.self) { try snapshot.read { _ throws(LMDBError) in } }
        snapshot.end()
        snapshot.end()
        try snapshot.read { _ throws(LMDBError) in }
    }

    @Test func `keys are visited in byte order from any place`() throws {
        let keys: [[UInt8]] = [[0], [0, 0], [1], [1, 255], [2], [255]]
        for key in keys.reversed() { try put(key, key) }
        let database = database
        func visit(after key: [UInt8]?, limit: Int = .max) throws -> [[UInt8]] {
            try ReadSnapshot(environment).read { view throws(LMDBError) in
                var seen: [[UInt8]] = []
                try view.forEach(in: database, after: key) { key, value in
                    let copy = key.withUnsafeBytes { Array($0) }
                    seen.append(copy == value.withUnsafeBytes { Array($0) } ? copy : [])
                    return seen.count < limit
                }
                return seen
            }
        }
        #expect(try visit(after: nil) == keys)
        #expect(try visit(after: [1]) == [[1, 255], [2], [255]])
        #expect(try visit(after: [1, 0]) == [[1, 255], [2], [255]])
        #expect(try visit(after: [255]) == [])
        #expect(try visit(after: nil, limit: 2) == [[0], [0, 0]])
    }

    @Test func `removing and emptying`() throws {
        for key in UInt8(1)...9 { try put([key], [key]) }
        let database = database
        let removed = try environment.write { batch throws(LMDBError) in
            [try batch.remove([1], from: database), try batch.remove([1], from: database)]
        }
        #expect(removed == [true, false])
        #expect(
            try ReadSnapshot(environment).read { view throws(LMDBError) in try view.count(of: database) } == 8
        )
        try environment.write { batch throws(LMDBError) in try batch.removeAll(from: database) }
        #expect(
            try ReadSnapshot(environment).read { view throws(LMDBError) in try view.count(of: database) } == 0
        )
    }

    @Test func `a database that nobody made is nil`() throws {
        #expect(try environment.database(named: "b") == nil)
        let made = try environment.makeDatabase(named: "b")
        #expect(try environment.database(named: "b") == made)
        #expect(made != database)
    }

    @Test func `more snapshots than slots are refused, and work again when some go`() throws {
        var snapshots: [ReadSnapshot] = []
        #expect(throws: LMDBError.readersFull(path: environment.path, readersMax: Environment.readersMax)) {
            for _ in 0...Environment.readersMax { snapshots.append(try ReadSnapshot(environment)) }
        }
        #expect(snapshots.count == Environment.readersMax)
        snapshots.removeLast()
        try ReadSnapshot(environment).read { _ throws(LMDBError) in }
    }
}
