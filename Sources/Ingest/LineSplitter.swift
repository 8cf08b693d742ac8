import Goals

/// Cuts a stream of chunks into lines in bounded memory.
///
/// A line longer than the limit is handed on in pieces as they arrive, never held whole.
package struct LineSplitter {
    /// What a chunk yields, in order.
    package enum Piece {
        /// A whole line without its newline; its first byte is at `byteOffset` of the stream, the next line at `next`.
        case line(byteOffset: UInt64, next: UInt64)
        /// A part of a line beyond the limit; `next` with its end only.
        case oversized(byteOffset: UInt64, next: UInt64?)
    }

    package let lineBytesMax: Int
    /// The stream's byte that comes next.
    package private(set) var position: UInt64
    /// The beginning of a line whose end has not arrived.
    private var pending: [UInt8] = []
    private var isOversized = false

    package init(lineBytesMax: Int, position: UInt64) {
        self.lineBytesMax = lineBytesMax
        self.position = position
    }

    /// Takes the chunk and calls `body` with each piece and its bytes; `isEnd` with the stream's last bytes.
    package mutating func split<Failure: Error>(
        _ chunk: Span<UInt8>,
        isEnd: Bool,
        _ body: (Piece, Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var at = 0
        while at < chunk.count {
            let end = LineEnd.next(in: chunk, from: at)
            let part = chunk.extracting(at..<(end ?? chunk.count))
            let partOffset = position
            if end == nil, !isOversized, pending.count + part.count <= lineBytesMax {
                part.withUnsafeBufferPointer { pending.append(contentsOf: $0) }
                position += UInt64(part.count)
                break
            }
            position += UInt64(part.count) + (end == nil ? 0 : 1)
            if isOversized || pending.count + part.count > lineBytesMax {
                if !pending.isEmpty {
                    let held = takePending()
                    try body(.oversized(byteOffset: partOffset - UInt64(held.count), next: nil), held.span)
                }
                try body(.oversized(byteOffset: partOffset, next: end == nil ? nil : position), part)
                isOversized = end == nil
            } else if pending.isEmpty {
                try body(.line(byteOffset: partOffset, next: position), part)
            } else {
                let heldCount = pending.count
                part.withUnsafeBufferPointer { pending.append(contentsOf: $0) }
                try body(
                    .line(byteOffset: partOffset - UInt64(heldCount), next: position),
                    takePending().span
                )
            }
            guard let end else { break }
            at = end + 1
        }
        guard isEnd else { return }
        if isOversized {
            isOversized = false
            let none: [UInt8] = []
            try body(.oversized(byteOffset: position, next: position), none.span)
        } else if !pending.isEmpty {
            let line = takePending()
            try body(.line(byteOffset: position - UInt64(line.count), next: position), line.span)
        }
    }

    private mutating func takePending() -> [UInt8] {
        let held = pending
        pending.removeAll(keepingCapacity: true)
        return held
    }
}
