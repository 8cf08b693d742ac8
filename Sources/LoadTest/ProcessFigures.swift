import Disk

/// One process, or several taken together, at one moment.
package struct ProcessFigures: Sendable, Codable, Equatable {
    /// Seconds of CPU used since it began, those of ended children included.
    package var cpuSeconds = 0.0
    package var residentBytes: UInt64 = 0
    package var threads = 0
    package var openFiles = 0
    package var processes = 0

    package init() {}

    static func + (left: ProcessFigures, right: ProcessFigures) -> ProcessFigures {
        var sum = left
        sum.cpuSeconds += right.cpuSeconds
        sum.residentBytes += right.residentBytes
        sum.threads += right.threads
        sum.openFiles += right.openFiles
        sum.processes += right.processes
        return sum
    }
}

/// Looks into /proc.
enum ProcessTable {
    /// Ticks a second of the kernel's figures for programs, the same on all machines that Linux runs on today.
    private static let ticksPerSecond = 100.0
    private static let textBytesMax = 64 << 10

    /// A process's figures, nil when it is gone.
    ///
    /// `includesChildren` counts the CPU of children that have ended as its own; open files are 0 where they may not
    /// be looked at.
    static func figures(_ process: Int32, includesChildren: Bool = true) -> ProcessFigures? {
        guard let stat = stat(process), let status = text("/proc/\(process)/status") else { return nil }
        var figures = ProcessFigures()
        figures.cpuSeconds = Double(stat.ticks + (includesChildren ? stat.childTicks : 0)) / ticksPerSecond
        figures.residentBytes = ProcessText.residentBytes(status) ?? 0
        figures.threads = stat.threads
        figures.openFiles = names("/proc/\(process)/fd").count
        figures.processes = 1
        return figures
    }

    static func stat(_ process: Int32) -> ProcessText.Stat? {
        text("/proc/\(process)/stat").flatMap(ProcessText.stat)
    }

    /// Processes whose parent is `parent`.
    static func children(of parent: Int32) -> [Int32] {
        names("/proc").compactMap { Int32($0) }.filter { stat($0)?.parent == parent }
    }

    /// A text of /proc, nil where the process has gone meanwhile or may not be looked at.
    static func text(_ path: String) -> String? {
        do throws(DiskError) {
            let file = try InputFile.open(path)
            var bytes: [UInt8] = []
            let count = try file.read(into: &bytes, byteCountMax: textBytesMax)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        } catch {
            return nil
        }
    }

    /// The end of a file, nil where it cannot be read.
    static func tail(_ path: String) -> String? {
        do throws(DiskError) {
            let file = try LocalVolume().open(path, .read)
            let size = try file.size()
            let start = size > UInt64(textBytesMax) ? size - UInt64(textBytesMax) : 0
            var bytes = [UInt8](repeating: 0, count: Int(size - start))
            let count = try file.read(at: start, into: &bytes, range: 0..<bytes.count)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        } catch {
            return nil
        }
    }

    private static func names(_ path: String) -> [String] {
        do throws(DiskError) { return try LocalVolume().list(path) } catch { return [] }
    }
}
