import Backup
package import Disk

/// Keeps every other command out of a data directory whose restore has not ended.
package enum UnfinishedRestore {
    /// Throws with `tryAgain` where one has not.
    package static func refuse(in data: String, volume: any Volume = LocalVolume()) throws {
        try RestoreMarker.requireNone(in: data, volume: volume)
    }
}
