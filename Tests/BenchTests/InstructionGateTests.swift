import Foundation
import TestKit
import Testing

/// Holds the instructions that pieces of the pure core take against those in `fixtures/instructions`.
///
/// Unlike times these do not depend on what else the machine does. `GOLDEN_UPDATE=1` renews them. Counts were taken of
/// release builds without sanitizers: others are passed over.
@Suite struct InstructionGateTests {
    @Test(.enabled(if: Self.isCountable, "needs a release build and valgrind"))
    func `no piece takes more instructions than was committed`() throws {
        let result = try Command.run(
            "/usr/bin/env",
            [
                "python3", "\(BenchSuiteTests.benchmarks)/instruction_gates.py", "--workbench",
                Command.binaries.appending(path: "Workbench").path(),
            ]
        )
        let text = String(decoding: result.output, as: UTF8.self) + result.error
        // 77: nobody has counted with this compiler, these libraries and this kind of processor yet.
        if result.status == 77 { try Test.cancel("\(text)") }
        #expect(result.status == 0, "\(text)")
        print(text)
    }

    static var isCountable: Bool {
        #if DEBUG
        return false
        #else
        // A sanitizer has a build folder of its own only when told so; its runtime is in the program.
        guard !isSanitized else { return false }
        return FileManager.default.isExecutableFile(atPath: "/usr/bin/valgrind")
        #endif
    }

    private static var isSanitized: Bool {
        dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil
    }
}
