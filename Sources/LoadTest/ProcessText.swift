/// Reads the texts of Linux's /proc; pure.
package enum ProcessText {
    /// What `/proc/PID/stat` says.
    package struct Stat: Sendable, Equatable {
        package init(parent: Int32, ticks: UInt64, childTicks: UInt64, threads: Int) {
            self.parent = parent
            self.ticks = ticks
            self.childTicks = childTicks
            self.threads = threads
        }

        package let parent: Int32
        /// Ticks of a hundredth of a second, in user mode and in the kernel.
        package let ticks: UInt64
        /// The same of children that have ended and were waited for.
        package let childTicks: UInt64
        package let threads: Int
    }

    /// Nil for anything else; a name with spaces and brackets does not confuse it.
    package static func stat(_ text: String) -> Stat? {
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        // The first one behind the name is field 3 of proc(5).
        func number(_ field: Int) -> UInt64? {
            fields.indices.contains(field - 3) ? UInt64(fields[field - 3]) : nil
        }
        guard let parent = number(4), let user = number(14), let system = number(15),
            let childUser = number(16), let childSystem = number(17), let threads = number(20)
        else { return nil }
        return Stat(
            parent: Int32(clamping: parent),
            ticks: user + system,
            childTicks: childUser + childSystem,
            threads: Int(clamping: threads)
        )
    }

    /// Bytes in memory that only this process and those it shares with use, of `/proc/PID/status`; nil where it is not said.
    package static func residentBytes(_ status: String) -> UInt64? {
        for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
                .flatMap { UInt64($0) }.map { $0 * 1024 }
        }
        return nil
    }
}
