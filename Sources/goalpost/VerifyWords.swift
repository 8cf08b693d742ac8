import Jobs

/// What a verify found, in lines for people.
enum VerifyWords {
    /// Differences that are printed; `--json` has more.
    private static let linesMax = 50

    static func line(_ drift: Drift) -> String {
        var words = "\(drift.kind.rawValue): partition \(drift.partition), \(drift.table)"
        if let player = drift.player { words += ", player \(player)" }
        if let goal = drift.goal { words += ", goal \(goal)" }
        if let event = drift.event { words += ", event \(event)" }
        if let field = drift.field { words += ", \(field)" }
        words += ": log says \(drift.logSays ?? "nothing"), table says \(drift.tableSays ?? "nothing")"
        if let reason = drift.notRepairable { words += "; not repaired: \(reason)" }
        return words
    }

    static func lines(_ summary: VerifySummary) -> [String] {
        var lines = summary.drift.kept.prefix(linesMax).map(line)
        if summary.drift.count > UInt64(lines.count) {
            let more = summary.drift.count - UInt64(lines.count)
            lines.append("and \(Terminal.grouped(more)) differences more (--json has the first 1,000)")
        }
        let read = "\(Terminal.grouped(summary.rows)) rows of \(Terminal.grouped(summary.players)) players"
        let speed = Terminal.rate(summary.rows, summary.compareSeconds)
        lines.append(
            "compared \(read) in \(summary.partitions) partitions with the log up to offset "
                + "\(Terminal.grouped(summary.nextOffset)) (\(speed)): "
                + (summary.isClean ? "no drift" : "\(Terminal.grouped(summary.driftRows)) rows differ")
        )
        if let payloads = summary.payloads {
            lines.append("compared the published answers of \(Terminal.grouped(payloads)) players")
        }
        if let reason = summary.payloadsSkipped {
            lines.append("published answers were not compared: \(reason)")
        }
        if summary.isTruncated {
            lines.append("there are more unknown players than one run takes up: repair, then verify again")
        }
        if let repaired = summary.repairedRows, !summary.isClean {
            lines.append(
                "repaired \(Terminal.grouped(repaired)) rows and marked \(Terminal.grouped(summary.markedPlayers)) "
                    + "players for the next publish; \(Terminal.grouped(summary.drift.notRepairableRows)) rows stay"
            )
        }
        return lines
    }
}
