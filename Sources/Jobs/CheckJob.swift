import Disk
import EventLog
import Goals
import PayloadStore
import Postgres
package import Settings
import Tables

/// `goalpost check`: looks at settings, challenges, log, database and payloads without changing anything.
package struct CheckJob: Sendable {
    package struct Finding: Sendable, Encodable {
        package let part: String
        package let isGood: Bool
        /// What was found, or what is wrong and what to do.
        package let text: String
    }

    private let settings: Settings
    private let access: LogAccess

    package init(settings: Settings, access: LogAccess) {
        self.settings = settings
        self.access = access
    }

    package func run() async -> [Finding] {
        var findings: [Finding] = []
        findings.append(
            await finding("settings") {
                "namespace \(try settings.requiredNamespace()), data directory \(settings.data)"
            }
        )
        if let path = settings.challenges {
            findings.append(
                await finding("challenges") {
                    let bytes = try access.volume.readFile(path, bytesMax: ChallengeFile.bytesMax)
                    let set = try LogAccess.read(bytes, path: path)
                    return "\(path): \(set.goals.count) goals in \(set.challenges.count) challenges"
                }
            )
        }
        findings.append(
            await finding("log") {
                let end = try access.directory.end()
                let governing = try access.governing(end)
                return "\(end) records in \(try access.directory.segmentNames().count) segments, "
                    + "\(governing.set.goals.count) goals in force since offset \(governing.start)"
            }
        )
        findings.append(
            await finding("database") {
                guard let database = try Database.running(settings) else {
                    return "the embedded PostgreSQL is stopped; jobs start it"
                }
                let session = database.session("check")
                do {
                    let facts = try await Schema.check(session, partitions: settings.partitions)
                    return "schema \(facts.version), \(facts.partitions) partitions"
                } catch TablesError.notInstalled {
                    return "reachable, no tables yet: the first fold makes them"
                }
            }
        )
        findings.append(
            await finding("payloads") {
                do throws(PayloadStoreError) {
                    let store = try PublishedStore(directory: access.workspace.payloads)
                    let reader = try store.makeReader()
                    let state = try reader.state()
                    // Everybody's answer needs them; they are few, and reading one checks it.
                    for id in state.currentTemplates where try reader.template(id) == nil {
                        throw PayloadStoreError.lostTemplate(directory: store.directory, id)
                    }
                    return "\(try store.playerCount()) players, for \(UTCDay(number: state.day).text), "
                        + "up to offset \(state.leastOffset)"
                } catch {
                    guard case .notPublished = error else { throw error }
                    return "nothing is published yet"
                }
            }
        )
        return findings
    }

    private func finding(_ part: String, _ body: () async throws -> String) async -> Finding {
        do {
            return Finding(part: part, isGood: true, text: try await body())
        } catch {
            return Finding(part: part, isGood: false, text: JobError(error).message)
        }
    }
}
