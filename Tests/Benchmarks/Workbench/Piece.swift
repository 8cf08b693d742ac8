import ArgumentParser

/// The pieces whose instructions are counted.
enum Piece: String, ExpressibleByArgument, CaseIterable {
    /// A line of the log parsed; an item is a line.
    case scan
    /// A line parsed and routed to its partition, as the fold does; an item is a line.
    case route
    /// A line parsed and applied to a state in memory, as replay does; an item is a line.
    case replay
    /// An event of a partition applied to its player's rows; an item is an event.
    case fold
    /// An answer with 50 changed goals made, decoded and compared; an item is an answer.
    case frame
    /// A progress row encoded for COPY; an item is a row.
    case copy
    /// A commit footer encoded and decoded; an item is a footer.
    case footer
    /// CRC-32C; an item is a KiB.
    case checksum
}
