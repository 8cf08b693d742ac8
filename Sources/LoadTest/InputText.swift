import Disk

/// Reads the files that a load test is told of.
package enum InputText {
    /// Most bytes of one: a configuration's limit.
    private static let bytesMax = 16 << 20

    /// A whole file; throws the disk's error, which names it.
    package static func read(_ path: String) throws -> [UInt8] {
        try LocalVolume().readFile(path, bytesMax: bytesMax)
    }
}
