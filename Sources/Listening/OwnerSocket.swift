import Glibc
import Synchronization

/// A unix stream socket in a directory, which nobody but its owner may connect to.
///
/// Its file's mode, 0600, is the authentication. It is reached by way of its directory's descriptor
/// (`/proc/self/fd/N/NAME`), so that its path may be longer than the 107 bytes that a socket's address holds.
package final class OwnerSocket: Sendable {
    /// Why a socket cannot be had.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "socket \(path) cannot be used: \(reason)" }
    }

    /// Where the socket is bound before it has its mode and name.
    private static let boundName = "s"

    /// The socket's path, for people.
    package let path: String
    private let name: String
    private let directory: Int32
    /// The directory in which it is bound, while there is one; nobody else can enter it.
    private let bindingDirectory = Mutex<Int32?>(nil)

    /// Opens the directory, in which the socket is or will be.
    package init(directory: String, name: String) throws(Failure) {
        path = directory + "/" + name
        self.name = name
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        self.directory = descriptor
    }

    deinit {
        bindingDirectory.withLock { if let descriptor = $0 { close(descriptor) } }
        close(directory)
    }

    // MARK: For who connects

    /// The address to connect to, valid while this lives.
    package var address: String { "/proc/self/fd/\(directory)/\(name)" }

    /// Whether a socket is there, be it that nobody listens any more.
    package var exists: Bool { Self.isSocket(directory, name) == true }

    // MARK: For who listens

    /// Makes a private directory and gives the address to bind to in it, valid while this lives.
    ///
    /// Tries it, too, so that a file system without sockets is known before a server counts on it. Only for who
    /// holds a lock that says that no other server is about.
    package func addressToBind() throws(Failure) -> String {
        if Self.isSocket(directory, name) == false {
            throw Failure(path: path, reason: "another file has that name: move it away")
        }
        let binding = name + ".new"
        if mkdirat(directory, binding, 0o700) != 0, errno != EEXIST { throw Self.failure(path) }
        let descriptor = openat(directory, binding, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Self.failure(path) }
        bindingDirectory.withLock { $0 = descriptor }
        // One that a killed server left may have been made by hand.
        guard fchmod(descriptor, 0o700) == 0 else { throw Self.failure(path) }
        guard unlinkat(descriptor, Self.boundName, 0) == 0 || errno == ENOENT else {
            throw Self.failure(path)
        }
        let address = "/proc/self/fd/\(descriptor)/\(Self.boundName)"
        try tryBinding(address)
        _ = unlinkat(descriptor, Self.boundName, 0)
        return address
    }

    /// Gives the bound socket its mode and its name, in place of one that a killed server left.
    package func publish() throws(Failure) {
        guard let descriptor = bindingDirectory.withLock({ $0 }) else { return }
        guard fchmodat(descriptor, Self.boundName, 0o600, 0) == 0,
            renameat(descriptor, Self.boundName, directory, name) == 0
        else { throw Self.failure(path) }
        // The descriptor stays: the listener's address goes by way of it until it is closed.
        _ = unlinkat(directory, name + ".new", AT_REMOVEDIR)
    }

    /// Removes the socket; before the lock that says whose it is goes to another.
    package func remove() {
        if exists { _ = unlinkat(directory, name, 0) }
        _ = unlinkat(directory, name + ".new", AT_REMOVEDIR)
    }

    private func tryBinding(_ text: String) throws(Failure) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Self.failure(path) }
    }

    /// Nil where nothing has that name.
    private static func isSocket(_ directory: Int32, _ name: String) -> Bool? {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func failure(_ path: String) -> Failure {
        Failure(path: path, reason: String(cString: strerror(errno)))
    }
}
