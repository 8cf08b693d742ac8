import Glibc

/// What the system says of this process, from `/proc` and `getrusage`.
struct ProcessFigures: Sendable, Equatable {
    private(set) var residentBytes = 0
    private(set) var virtualBytes = 0
    private(set) var cpuSeconds = 0.0
    private(set) var openFiles = 0
    private(set) var openFilesMax = 0

    /// The figures of now; what cannot be read stays 0.
    static func now() -> ProcessFigures {
        var figures = ProcessFigures()
        let pageBytes = sysconf(Int32(_SC_PAGESIZE))
        let pages = firstLine(of: "/proc/self/statm").split(separator: " ").compactMap { Int($0) }
        if pages.count >= 2 {
            figures.virtualBytes = pages[0] * pageBytes
            figures.residentBytes = pages[1] * pageBytes
        }
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            figures.cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.openFilesMax = Int(clamping: limit.rlim_cur)
        }
        figures.openFiles = entries(of: "/proc/self/fd")
        return figures
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
    }

    private static func firstLine(of path: String) -> Substring {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self).prefix { $0 != "\n" }
    }

    /// How many files a directory names, without the two that every directory does and the one it is read by.
    private static func entries(of path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = -3
        while readdir(directory) != nil { count += 1 }
        return max(0, count)
    }
}
