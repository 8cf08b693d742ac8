import Foundation
import TestKit

/// What is done to a program at one of its calls, by the library of Tests/CallTrap, whose header explains the words.
struct Trap: Sendable, CustomStringConvertible {
    /// What is done at the call.
    enum Deed: Sendable {
        /// Nothing: the calls are counted.
        case count
        case killBefore
        case killAfter
        /// SIGKILL once half of a write is done.
        case tear
        case stopBefore
        case stopAfter
        /// The call, and all after it up to number `last`, fails; 0 is for ever.
        case fail(Int32, last: Int)
        /// Half of a write, and of all up to number `last`; 0 is for ever.
        case short(last: Int)
    }

    /// Kinds of calls that change what a rerun finds: all but the words to and from a service.
    static let storing = [
        "open", "write", "sync", "truncate", "rename", "link", "unlink", "mkdir", "lmdb", "commit",
    ]

    var deed = Deed.count
    /// Which of the calls that the filters let through, from 1.
    var number = 1
    /// Kinds of calls that count; all when empty.
    var kinds: [String] = []
    /// Only calls that send or write this text count.
    var payload: String?

    /// The library, built beside the executables.
    static var library: String { Command.binaries.appending(path: "libCallTrap.so").path() }

    var description: String {
        let filter = (kinds + (payload.map { ["'\($0)'"] } ?? [])).joined(separator: ",")
        return "\(deed) at call \(number)\(filter.isEmpty ? "" : " of \(filter)")"
    }

    /// The variables that set the trap; what it does is told in the file `report`.
    func environment(report: String) -> [String: String] {
        var variables = [
            "LD_PRELOAD": Self.library, "CALLTRAP_AT": "\(number)", "CALLTRAP_REPORT": report,
        ]
        switch deed {
        case .count: variables["CALLTRAP_DO"] = "count"
        case .killBefore, .killAfter: variables["CALLTRAP_DO"] = "kill"
        case .tear: variables["CALLTRAP_DO"] = "tear"
        case .stopBefore, .stopAfter: variables["CALLTRAP_DO"] = "stop"
        case .fail(let code, let last):
            variables["CALLTRAP_DO"] = "fail"
            variables["CALLTRAP_ERRNO"] = "\(code)"
            variables["CALLTRAP_LAST"] = "\(last)"
        case .short(let last):
            variables["CALLTRAP_DO"] = "short"
            variables["CALLTRAP_LAST"] = "\(last)"
        }
        switch deed {
        case .killAfter, .stopAfter: variables["CALLTRAP_WHEN"] = "after"
        default: break
        }
        if !kinds.isEmpty { variables["CALLTRAP_KINDS"] = kinds.joined(separator: ",") }
        variables["CALLTRAP_PAYLOAD"] = payload
        return variables
    }
}

/// What the library told of one run.
struct TrapReport: Sendable {
    /// Where something was done: the kind of the call and its number.
    private(set) var done: [(kind: String, number: Int)] = []
    /// Calls by kind; empty where the program did not come to its own end.
    private(set) var counts: [String: Int] = [:]
    /// Calls that the filters let through; 0 where the program did not come to its own end.
    private(set) var total = 0
    /// Whether the program came to its own end with the trap in it.
    private(set) var isComplete = false

    /// Reads a report; what is not there tells of nothing.
    init(path: String) throws {
        guard let bytes = FileManager.default.contents(atPath: path) else { return }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard let number = words.last.flatMap({ Int($0) }) else { throw Unreadable(line: String(line)) }
            switch (words.count, words[0]) {
            case (3, "did"): done.append((words[1], number))
            case (2, "total"): (total, isComplete) = (number, true)
            case (2, _): counts[words[0]] = number
            default: throw Unreadable(line: String(line))
            }
        }
    }

    struct Unreadable: Error {
        let line: String
    }
}
