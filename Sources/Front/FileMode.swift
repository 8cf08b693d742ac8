import Glibc

/// Who may read a file.
enum FileMode {
    /// Whether everybody on this machine may; false where there is no such file.
    static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
    }
}
