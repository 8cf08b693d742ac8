import Foundation
import Front
import Testing

/// A front inside the test process, for what no option of the program can set.
enum LocalFront {
    /// Runs a front over `store` and lends its address.
    static func with<Value: Sendable>(
        _ store: TestStore,
        answersOnEventLoop: Bool,
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        let portFile = store.directory.appending(path: "\(UUID()).address")
        var configuration = store.configuration()
        configuration.answersOnEventLoop = answersOnEventLoop
        configuration.portFile = portFile.path()
        let server = FrontServer(configuration: configuration, logger: TestStore.silent)
        let running = Task(executorPreference: OwnThreads()) { try await server.run() }
        // Other tests hold the threads that it needs to begin.
        let deadline = ContinuousClock.now + .seconds(300)
        while !FileManager.default.fileExists(atPath: portFile.path()), ContinuousClock.now < deadline {
            await Task.yield()
        }
        let address = try String(contentsOf: portFile, encoding: .utf8).dropLast()
        let value: Value
        do {
            value = try await body(String(address))
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        // A front that is cancelled says so in one way or another; what matters is that it ends.
        _ = await running.result
        return value
    }
}
