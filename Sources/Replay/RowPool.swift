/// All rows of a state, in chunks of eight in large pages, and which player's they are.
///
/// A player's *directory* lists the kinds of his rows, in the order in which the rows were made, then the chunks
/// that hold them. Nothing moves when a player's rows grow but his directory, and no page is ever copied, so
/// that memory is what the rows take and little more.
struct RowPool: Sendable {
    static let chunkRows = 8
    private static let chunksPerPage = 2048
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

    /// The position of the player's row of this kind, −1 where there is none; looks at `hint` first.
    func position(of kind: UInt32, in directory: Directory, hint: Int) -> Int {
        let count = Int(directory.count)
        guard count > 0 else { return -1 }
        let (page, start) = Self.place(directory.address)
        return words[page].withUnsafeBufferPointer { words in
            let kinds = UnsafeBufferPointer(rebasing: words[start..<(start + count)])
            if hint < count, kinds[hint] == kind { return hint }
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
    }

    func kind(_ position: Int, in directory: Directory) -> UInt32 {
        let (page, start) = Self.place(directory.address)
        return words[page][start + position]
    }

    func row(_ position: Int, in directory: Directory, first: Int64) -> OpenRow {
        let (page, index) = slot(position, directory)
        let row = rows[page][index]
        return row.isOpen ? open[Int(row.place)] : row.opened(first: first)
    }

    /// Replaces a row; its kind may be another one now.
    mutating func set(
        _ row: OpenRow,
        kind: UInt32,
        at position: Int,
        in directory: Directory,
        first: Int64
    ) {
        let (wordPage, start) = Self.place(directory.address)
        if words[wordPage][start + position] != kind { words[wordPage][start + position] = kind }
        let (page, index) = slot(position, directory)
        let before = rows[page][index]
        if let packed = PackedRow(row, first: first) {
            if before.isOpen { openFree.append(before.place) }
            rows[page][index] = packed
        } else if before.isOpen {
            open[Int(before.place)] = row
        } else {
            rows[page][index] = PackedRow(openAt: keepOpen(row))
        }
    }

    /// Adds a row behind the player's others and returns its position.
    @discardableResult
    mutating func append(
        _ row: OpenRow,
        kind: UInt32,
        to directory: inout Directory,
        first: Int64
    ) -> Int {
        let position = Int(directory.count)
        if directory.count == directory.capacity { reserve(position + 1, in: &directory) }
        let (wordPage, start) = Self.place(directory.address)
        words[wordPage][start + position] = kind
        if position % Self.chunkRows == 0 {
            words[wordPage][start + Int(directory.capacity) + position / Self.chunkRows] = makeChunk()
        }
        directory.count += 1
        rowCount += 1
        let (page, index) = slot(position, directory)
        rows[page][index] = PackedRow(row, first: first) ?? PackedRow(openAt: keepOpen(row))
        return position
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

    private func slot(_ position: Int, _ directory: Directory) -> (page: Int, index: Int) {
        let (page, start) = Self.place(directory.address)
        let chunk = Int(words[page][start + Int(directory.capacity) + position / Self.chunkRows])
        return (
            chunk / Self.chunksPerPage,
            chunk % Self.chunksPerPage * Self.chunkRows + position % Self.chunkRows
        )
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
