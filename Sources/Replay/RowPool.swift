/// All rows of a state, in chunks of eight in large pages, and which player's they are.
///
/// A player's *directory* lists the kinds of his rows, in the order in which the rows were made, then the chunks
/// that hold them. Nothing moves when a player's rows grow but his directory, and no page is ever copied, so
/// that memory is what the rows take and little more.
struct RowPool: Sendable {
    static let chunkRows = 8
    private static let chunksPerPage = 2048
    private static let pageRows = chunksPerPage * chunkRows
    private static let pageWords = 1 << 16

    /// A player's directory: where it lies, its rows, and for how many it has room.
    struct Directory: Sendable {
        fileprivate var address: UInt32 = 0
        fileprivate(set) var count: UInt32 = 0
        fileprivate var capacity: UInt32 = 0
    }

    private var rows: [[PackedRow]] = []
    private var chunkCount = 0
    private var words: [[UInt32]] = []
    /// Words used of the last page.
    private var wordsUsed = RowPool.pageWords
    /// Addresses of directories that were outgrown, by their room in chunks.
    private var outgrown: [[UInt32]] = []
    private var open: [OpenRow] = []
    private var openFree: [UInt32] = []
    private var wordCapacity = 0

    private(set) var rowCount = 0

    var byteCount: Int {
        rows.count * Self.chunksPerPage * Self.chunkRows * MemoryLayout<PackedRow>.stride + wordCapacity * 4
            + open.capacity * MemoryLayout<OpenRow>.stride
    }

    /// Where there is no row.
    static let nowhere = UInt32.max

    /// Indices of the rows of the goals that a signal reaches, `nowhere` where there is none.
    ///
    /// Goals of one signal often have their rows one after another, so the next place is looked at first.
    func find(
        _ range: Range<Int>,
        of targets: GoalTargets,
        in directory: Directory,
        _ kinds: RowKinds,
        into places: inout [UInt32]
    ) {
        if places.count < range.count {
            places.append(contentsOf: repeatElement(0, count: range.count - places.count))
        }
        guard directory.count > 0 else {
            for index in 0..<range.count { places[index] = Self.nowhere }
            return
        }
        let (page, start) = Self.place(directory.address)
        words[page].withUnsafeBufferPointer { words in
            targets.signalKinds.withUnsafeBufferPointer { wanted in
                places.withUnsafeMutableBufferPointer { places in
                    let rows = UnsafeBufferPointer(rebasing: words[start..<(start + Int(directory.count))])
                    let chunks = start + Int(directory.capacity)
                    var hint = 0
                    for index in 0..<range.count {
                        let kind = wanted[range.lowerBound + index]
                        var position =
                            hint < rows.count && rows[hint] == kind
                            ? hint : Self.position(of: kind, in: rows)
                        if position < 0, targets.hasMoved {
                            position = Self.moved(kind, in: rows, kinds)
                        }
                        guard position >= 0 else {
                            places[index] = Self.nowhere
                            continue
                        }
                        hint = position + 1
                        places[index] =
                            words[chunks + position / Self.chunkRows] * UInt32(Self.chunkRows)
                            + UInt32(position % Self.chunkRows)
                    }
                }
            }
        }
    }

    /// The position of a row that is filed under another challenge of the kind's goal, −1 where there is none.
    private static func moved(_ kind: UInt32, in rows: UnsafeBufferPointer<UInt32>, _ kinds: RowKinds) -> Int
    {
        for other in kinds.kinds(of: kinds.goals[Int(kind)]) {
            let position = position(of: other, in: rows)
            if position >= 0 { return position }
        }
        return -1
    }

    /// Files the goal's row, wherever it is filed, under this kind.
    mutating func refile(_ kind: UInt32, in directory: Directory, _ kinds: RowKinds) {
        let (page, start) = Self.place(directory.address)
        let all = kinds.kinds(of: kinds.goals[Int(kind)])
        for position in start..<(start + Int(directory.count)) where all.contains(words[page][position]) {
            words[page][position] = kind
        }
    }

    /// The position of a kind among a player's kinds, −1 where there is none.
    private static func position(of kind: UInt32, in kinds: UnsafeBufferPointer<UInt32>) -> Int {
        let count = kinds.count
        var index = 0
        // Eight at a time, without a branch between them.
        while index + 8 <= count {
            var found: UInt32 = 0
            for lane in 0..<8 { found |= kinds[index + lane] == kind ? 1 << UInt32(lane) : 0 }
            if found != 0 { return index + found.trailingZeroBitCount }
            index += 8
        }
        while index < count {
            if kinds[index] == kind { return index }
            index += 1
        }
        return -1
    }

    /// The index of the row at a position.
    func index(_ position: Int, in directory: Directory) -> UInt32 {
        let (page, start) = Self.place(directory.address)
        let chunk = words[page][start + Int(directory.capacity) + position / Self.chunkRows]
        return chunk * UInt32(Self.chunkRows) + UInt32(position % Self.chunkRows)
    }

    func kind(_ position: Int, in directory: Directory) -> UInt32 {
        let (page, start) = Self.place(directory.address)
        return words[page][start + position]
    }

    /// A row as it is packed; it may be kept open.
    @inline(__always)
    func packed(_ index: UInt32) -> PackedRow { rows[Int(index) / Self.pageRows][Int(index) % Self.pageRows] }

    func row(_ index: UInt32, first: Int64) -> OpenRow {
        let row = packed(index)
        return row.isOpen ? open[Int(row.place)] : row.opened(first: first)
    }

    /// Replaces a row that is not kept open.
    @inline(__always)
    mutating func set(_ row: PackedRow, at index: UInt32) {
        rows[Int(index) / Self.pageRows][Int(index) % Self.pageRows] = row
    }

    /// Replaces a row.
    mutating func set(_ row: OpenRow, at index: UInt32, first: Int64) {
        let before = packed(index)
        if let packed = PackedRow(row, first: first) {
            if before.isOpen { openFree.append(before.place) }
            set(packed, at: index)
        } else if before.isOpen {
            open[Int(before.place)] = row
        } else {
            set(PackedRow(openAt: keepOpen(row)), at: index)
        }
    }

    /// Adds a row behind the player's others.
    mutating func append(
        _ row: OpenRow,
        kind: UInt32,
        to directory: inout Directory,
        first: Int64
    ) {
        let packed = PackedRow(row, first: first) ?? PackedRow(openAt: keepOpen(row))
        append(packed, kind: kind, to: &directory)
    }

    mutating func append(_ row: PackedRow, kind: UInt32, to directory: inout Directory) {
        let position = Int(directory.count)
        if directory.count == directory.capacity { reserve(position + 1, in: &directory) }
        let (page, start) = Self.place(directory.address)
        words[page][start + position] = kind
        let chunkAt = start + Int(directory.capacity) + position / Self.chunkRows
        if position % Self.chunkRows == 0 { words[page][chunkAt] = makeChunk() }
        directory.count += 1
        rowCount += 1
        let index = words[page][chunkAt] * UInt32(Self.chunkRows) + UInt32(position % Self.chunkRows)
        set(row, at: index)
    }

    /// Makes room for so many rows in all.
    mutating func reserve(_ count: Int, in directory: inout Directory) {
        guard count > directory.capacity else { return }
        let old = Int(directory.capacity) / Self.chunkRows
        let needed = (count + Self.chunkRows - 1) / Self.chunkRows
        let chunks = max(needed, old + max(1, old / 3))
        let (address, room) = makeDirectory(chunks)
        let (from, fromStart) = Self.place(directory.address)
        let (into, intoStart) = Self.place(address)
        let used = Int(directory.count)
        for index in 0..<used { words[into][intoStart + index] = words[from][fromStart + index] }
        for index in 0..<((used + Self.chunkRows - 1) / Self.chunkRows) {
            words[into][intoStart + room * Self.chunkRows + index] =
                words[from][fromStart + old * Self.chunkRows + index]
        }
        if old > 0 {
            while outgrown.count <= old { outgrown.append([]) }
            outgrown[old].append(directory.address)
        }
        directory.address = address
        directory.capacity = UInt32(room * Self.chunkRows)
    }

    // MARK: Places

    private static func place(_ address: UInt32) -> (page: Int, start: Int) {
        (Int(address >> 16), Int(address & 0xFFFF))
    }

    /// A directory with room for at least so many chunks, and the room it has.
    private mutating func makeDirectory(_ chunks: Int) -> (address: UInt32, room: Int) {
        for room in chunks..<min(chunks + 3, max(chunks, outgrown.count)) {
            if let address = outgrown[room].popLast() { return (address, room) }
        }
        let count = chunks * (Self.chunkRows + 1)
        if count > Self.pageWords {
            // A page of its own.
            words.append(Array(repeating: 0, count: count))
            wordCapacity += count
            wordsUsed = Self.pageWords
            return (UInt32(words.count - 1) << 16, chunks)
        }
        if wordsUsed + count > Self.pageWords {
            words.append(Array(repeating: 0, count: Self.pageWords))
            wordCapacity += Self.pageWords
            wordsUsed = 0
        }
        let address = UInt32(words.count - 1) << 16 | UInt32(wordsUsed)
        wordsUsed += count
        return (address, chunks)
    }

    private mutating func makeChunk() -> UInt32 {
        if chunkCount == rows.count * Self.chunksPerPage {
            rows.append(Array(repeating: PackedRow(), count: Self.chunksPerPage * Self.chunkRows))
        }
        chunkCount += 1
        return UInt32(chunkCount - 1)
    }

    private mutating func keepOpen(_ row: OpenRow) -> UInt32 {
        if let place = openFree.popLast() {
            open[Int(place)] = row
            return place
        }
        open.append(row)
        return UInt32(open.count - 1)
    }
}
