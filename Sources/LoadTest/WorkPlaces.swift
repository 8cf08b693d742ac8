import Disk

/// The directories of a test: where they really are, and whether they can be made.
package enum WorkPlaces {
    /// Throws `invalidOption` where one of the directories is the other one or lies in it; neither has to exist.
    package static func keepApart(_ out: String, _ data: String) throws {
        let (first, second) = (try parts(out), try parts(data))
        guard first.starts(with: second) || second.starts(with: first) else { return }
        throw LoadTestError.invalidOption(
            "--out \(out) and --data \(data) lie in each other: name two directories beside each other"
        )
    }

    /// Throws `directoryInUse` where something is there that is no empty directory.
    static func refuseUsed(_ directory: String) throws {
        let volume = LocalVolume()
        guard try volume.exists(directory) else { return }
        guard try volume.isDirectory(directory), try volume.list(directory).isEmpty else {
            throw LoadTestError.directoryInUse(directory)
        }
    }

    /// The names on the way to a path, symbolic links resolved as far as it exists.
    private static func parts(_ path: String) throws -> [Substring] {
        let volume = LocalVolume()
        var rest: [Substring] = []
        var names = path.split(separator: "/")
        let isAbsolute = path.hasPrefix("/")
        while true {
            let known = (isAbsolute ? "/" : "./") + names.joined(separator: "/")
            if try volume.exists(known) {
                var all = try volume.realPath(known).split(separator: "/")
                for name in rest where name != "." {
                    if name == ".." { _ = all.popLast() } else { all.append(name) }
                }
                return all
            }
            guard let last = names.popLast() else { return rest }
            rest.insert(last, at: 0)
        }
    }
}
