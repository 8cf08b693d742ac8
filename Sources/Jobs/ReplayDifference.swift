package import Reports

/// Compares replayed rows with the live tables.
package struct ReplayDifference {
    /// What was found, and the file that lists it.
    package struct Written: Sendable {
        package let file: ReplayOutput.File
        package let report: DifferenceReport
    }
}
