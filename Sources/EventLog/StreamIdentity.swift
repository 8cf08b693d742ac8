import Disk
import FoundationEssentials

/// What `stream.json` says: which log this is, for ever.
package struct StreamIdentity: Codable, Hashable, Sendable {
    package static let fileName = "stream.json"
    package static let currentVersion = 1
    private static let fileBytesMax = 64 * 1024

    package let version: Int
    /// 36 characters, lower case, made once; the database stores it, so that no other log is folded into it.
    package let uuid: String

    /// Reads the identity in `directory`: `.notALog` where there is none, `.identityDamaged` where it is
    /// unusable.
    static func read(_ volume: any Volume, _ directory: String) throws(LogError) -> StreamIdentity {
        let path = directory + "/" + fileName
        let bytes: [UInt8]
        do throws(DiskError) {
            bytes = try volume.readFile(path, bytesMax: fileBytesMax)
        } catch {
            throw error.code == DiskErrorCode.notFound ? .notALog(directory: directory) : .disk(error)
        }
        let identity: StreamIdentity
        do {
            identity = try JSONDecoder().decode(StreamIdentity.self, from: Data(bytes))
        } catch {
            throw .identityDamaged(file: path, reason: "it is not the JSON object that was written")
        }
        guard identity.version <= currentVersion else {
            throw .newerFormat(file: path, byteOffset: 0, version: UInt8(clamping: identity.version))
        }
        guard identity.version == currentVersion, isUUID(identity.uuid) else {
            throw .identityDamaged(file: path, reason: "its version or UUID is malformed")
        }
        return identity
    }

    /// Writes an identity durably.
    static func write(uuid: String, _ volume: any Volume, _ directory: String) throws(LogError)
        -> StreamIdentity
    {
        let uuid = uuid.lowercased()
        let path = directory + "/" + fileName
        guard isUUID(uuid) else { throw .identityDamaged(file: path, reason: "\"\(uuid)\" is no UUID") }
        let bytes = Array("{\"version\":\(currentVersion),\"uuid\":\"\(uuid)\"}\n".utf8)
        try onDisk { () throws(DiskError) in try volume.atomicWrite(bytes, to: path) }
        return StreamIdentity(version: currentVersion, uuid: uuid)
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.indices.allSatisfy { index in
                [8, 13, 18, 23].contains(index)
                    ? bytes[index] == UInt8(ascii: "-")
                    : (48...57).contains(bytes[index]) || (97...102).contains(bytes[index])
            }
    }
}
