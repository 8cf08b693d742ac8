package import Disk

/// A volume that does as another one does, but for the calls that it makes itself.
///
/// Whatever `Volume` gains later goes through unseen: who counts or breaks calls looks whether it has to be among them.
package protocol ForwardingVolume: Volume {
    /// Who does the work.
    var base: any Volume { get }
}

extension ForwardingVolume {
    package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        try base.open(path, mode)
    }
    package func rename(_ path: String, to target: String) throws(DiskError) {
        try base.rename(path, to: target)
    }
    package func remove(_ path: String) throws(DiskError) { try base.remove(path) }
    package func list(_ directory: String) throws(DiskError) -> [String] { try base.list(directory) }
    package func exists(_ path: String) throws(DiskError) -> Bool { try base.exists(path) }
    package func fileSize(_ path: String) throws(DiskError) -> UInt64 { try base.fileSize(path) }
    package func makeDirectory(_ path: String, mode: UInt32) throws(DiskError) {
        try base.makeDirectory(path, mode: mode)
    }
    package func syncDirectory(_ path: String) throws(DiskError) { try base.syncDirectory(path) }
    package func tryLock(_ path: String) throws(DiskError) -> (any FileLock)? { try base.tryLock(path) }
    package func realPath(_ path: String) throws(DiskError) -> String { try base.realPath(path) }
    package func identity(_ path: String) throws(DiskError) -> FileIdentity { try base.identity(path) }
    package func hardLink(_ path: String, to target: String) throws(DiskError) {
        try base.hardLink(path, to: target)
    }
    package func isDirectory(_ path: String) throws(DiskError) -> Bool { try base.isDirectory(path) }
    package func permissions(_ path: String) throws(DiskError) -> UInt32 { try base.permissions(path) }
    package func setPermissions(_ path: String, _ mode: UInt32) throws(DiskError) {
        try base.setPermissions(path, mode)
    }
    package func freeBytes(_ path: String) throws(DiskError) -> UInt64 { try base.freeBytes(path) }
}
