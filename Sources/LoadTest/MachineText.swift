import Foundation
import Glibc

/// Says what machine this is.
enum MachineText {
    static func machine() -> LoadTestSummary.Machine {
        var machine = LoadTestSummary.Machine()
        machine.processors = ProcessInfo.processInfo.activeProcessorCount
        machine.memoryBytes = ProcessInfo.processInfo.physicalMemory
        let system = ProcessTable.text("/proc/sys/kernel/osrelease") ?? ""
        machine.system = "Linux " + system.trimmingCharacters(in: .whitespacesAndNewlines)
        machine.processor = processor(ProcessTable.text("/proc/cpuinfo") ?? "")
        let average = ProcessTable.text("/proc/loadavg")?.split(separator: " ").first
        machine.loadAverageBefore = average.flatMap { Double($0) } ?? 0
        return machine
    }

    /// The first processor's name.
    static func processor(_ text: String) -> String {
        for line in text.split(separator: "\n") where line.hasPrefix("model name") {
            return line.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? ""
        }
        return ""
    }
}
