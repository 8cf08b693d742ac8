import AsyncHTTPClient
import Foundation
package import Logging
import NIOCore
import NIOHTTP1

/// Keeps a ring's keys as a file or a URL gives them, for as long as it runs.
///
/// Keys stay while their source is down. A token with an unknown key makes it look again, at most once in
/// `wishSeconds`, so that nobody can make it ask all the time.
package actor KeySource {
    /// Where a key set is.
    package enum Place: Sendable, Equatable, CustomStringConvertible {
        case file(String)
        /// An `http` or `https` URL.
        case url(String)

        /// A text that begins with `http://` or `https://` is a URL, any other one a path.
        package init(_ text: String) {
            let isURL = ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
            self = isURL ? .url(text) : .file(text)
        }

        package var description: String {
            switch self {
            case .file(let path): path
            // What stands before the host may be a password.
            case .url(let text): URLComponents(string: text)?.host.map { "the URL on \($0)" } ?? "the URL"
            }
        }
    }

    /// Keys that could not be had.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let place: Place
        package let reason: String

        package var description: String { "token keys from \(place) cannot be used: \(reason)" }
    }

    /// How often a wish for more keys is heard, in seconds.
    package static let wishSeconds: Double = 10
    /// How often the file is looked at, or a wish for more keys noticed.
    private static let glanceInterval = Duration.seconds(1)
    private static let answerSecondsMax: Int64 = 10

    private let place: Place
    private let ring: KeyRing
    private let refreshSeconds: Int
    private let now: @Sendable () -> Double
    private let logger: Logger
    private var bytes: [UInt8] = []
    private var triedAt = -Double.infinity
    private var isDown = false

    /// Looks every `refreshSeconds`; `now` in seconds since 1970.
    package init(
        _ place: Place,
        ring: KeyRing,
        refreshSeconds: Int,
        now: @escaping @Sendable () -> Double,
        logger: Logger
    ) {
        self.place = place
        self.ring = ring
        self.refreshSeconds = refreshSeconds
        self.now = now
        self.logger = logger
    }

    /// Reads the keys once; throws what is wrong.
    package func refresh() async throws(Failure) {
        triedAt = now()
        let read = try await load()
        if read != bytes || ring.generation == 0 {
            do throws(TokenKeys.Failure) {
                ring.set(try await TokenKeys(jwks: read))
            } catch {
                throw Failure(place: place, reason: error.description)
            }
            bytes = read
            logger.info("token keys read", metadata: ["from": "\(place)", "keys": "\(ring.current.count)"])
        }
        ring.noteRead(at: now())
    }

    /// Refreshes again and again until cancelled; says in the log when the source goes away and comes back.
    package func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.glanceInterval) } catch { return }
            let age = now() - triedAt
            let isWished = age >= Self.wishSeconds && ring.takeWish()
            // Without any key it is asked more often: nobody can be answered.
            let interval = ring.generation == 0 ? Self.wishSeconds : Double(refreshSeconds)
            guard isWished || age >= interval else { continue }
            do throws(Failure) {
                try await refresh()
                if isDown { logger.notice("token keys can be read again", metadata: ["from": "\(place)"]) }
                isDown = false
            } catch {
                if !isDown {
                    logger.error(
                        "token keys cannot be read; those of before stay in use",
                        metadata: ["reason": "\(error)"]
                    )
                }
                isDown = true
            }
        }
    }

    private func load() async throws(Failure) -> [UInt8] {
        switch place {
        case .file(let path): try readFile(path)
        case .url(let url): try await fetch(url)
        }
    }

    private func readFile(_ path: String) throws(Failure) -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { do { try file.close() } catch { logger.warning("a file cannot be closed: \(error)") } }
            return Array(try file.read(upToCount: TokenKeys.bytesMax + 1) ?? Data())
        } catch {
            throw Failure(place: place, reason: (error as NSError).localizedDescription)
        }
    }

    private func fetch(_ url: String) async throws(Failure) -> [UInt8] {
        do {
            var request = HTTPClientRequest(url: url)
            request.headers.add(name: "Accept", value: "application/json")
            let response = try await HTTPClient.shared.execute(
                request,
                timeout: .seconds(Self.answerSecondsMax)
            )
            guard response.status == .ok else {
                throw Failure(place: place, reason: "it answered with HTTP status \(response.status.code)")
            }
            let body = try await response.body.collect(upTo: TokenKeys.bytesMax)
            return Array(body.readableBytesView)
        } catch let failure as Failure {
            throw failure
        } catch is NIOTooManyBytesError {
            throw Failure(place: place, reason: "it has more than \(TokenKeys.bytesMax) bytes")
        } catch {
            throw Failure(place: place, reason: "\(error)")
        }
    }
}
