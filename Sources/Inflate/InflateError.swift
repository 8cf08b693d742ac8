/// Why bytes could not be decompressed.
package enum InflateError: Error, Equatable, CustomStringConvertible {
    /// They are no gzip data, or damaged; zlib's words.
    case damaged(String)
    /// They end before the data does.
    case truncated
    case outOfMemory

    package var description: String {
        switch self {
        case .damaged(let words): "the gzip data is damaged: \(words)"
        case .truncated: "the gzip data ends too early"
        case .outOfMemory: "zlib finds no memory"
        }
    }
}
