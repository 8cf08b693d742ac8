import Foundation
import Testing

@Suite struct ArrowTests {
    @Test func `every room is in the table of arrows`() throws {
        for room in try House.rooms() where !Arrows.cRooms.contains(room) {
            #expect(Arrows.allowed[room] != nil, "Sources/\(room) is no room of the house")
        }
    }

    @Test func `every Swift file lies in a room`() throws {
        let files = try House.files()
        #expect(!files.isEmpty)
        for file in files {
            #expect(Arrows.allowed[file.room] != nil, "\(file.path) lies in no room that may hold Swift")
        }
    }

    @Test func `a room imports only what its arrows allow`() throws {
        for file in try House.files() {
            let arrows = Arrows.allowed[file.room] ?? []
            let exceptions = Arrows.coreExceptions[file.path]?.modules ?? []
            let system = Arrows.pureCore.contains(file.room) ? exceptions : Arrows.system
            for found in SwiftText.imports(in: file.code) {
                #expect(
                    arrows.contains(found.module) || system.contains(found.module),
                    "\(file.path):\(found.line) imports \(found.module), which is no arrow of \(file.room)"
                )
            }
        }
    }

    @Test func `no room hands on another's module or opens its insides`() throws {
        for file in try House.files() {
            for found in SwiftText.imports(in: file.code) {
                let words = Set(found.words)
                #expect(
                    words.isDisjoint(with: ["@_exported", "@testable", "public", "@_spi"]),
                    "\(file.path):\(found.line) imports \(found.module) with \(found.words.joined(separator: " "))"
                )
            }
        }
    }

    @Test func `a C door is opened by its handle room alone, and never in a signature`() throws {
        for file in try House.files() {
            for found in SwiftText.imports(in: file.code) where Arrows.cRooms.contains(found.module) {
                #expect(
                    Arrows.doors[file.room] == found.module,
                    "\(file.path):\(found.line) opens \(found.module), which is not its door"
                )
                #expect(
                    !found.words.contains("package"),
                    "\(file.path):\(found.line) lets C types into signatures"
                )
            }
        }
    }

    @Test func `C rooms hold no Swift`() throws {
        for room in Arrows.cRooms {
            #expect(try House.paths(below: "Sources/\(room)") == [])
        }
    }

    @Test func `no arrow points back`() {
        // Every room is reached by arrows that end somewhere: a cycle would never get done.
        var done: Set<String> = Set(Arrows.cRooms)
        var left = Set(Arrows.allowed.keys)
        while true {
            let ready = left.filter { room in
                (Arrows.allowed[room] ?? []).allSatisfy { done.contains($0) || Arrows.allowed[$0] == nil }
            }
            if ready.isEmpty { break }
            done.formUnion(ready)
            left.subtract(ready)
        }
        #expect(left.isEmpty, "arrows run in a circle among \(left.sorted())")
    }

    @Test func `stages do not see each other, Ingest's log excepted`() {
        let stages: Set<String> = ["EventLog", "Ingest", "Tables", "PayloadStore", "Front"]
        for stage in stages {
            let seen = (Arrows.allowed[stage] ?? []).intersection(stages)
            switch stage {
            case "Ingest": #expect(seen == ["EventLog"])
            case "Front": #expect(seen == ["PayloadStore"])
            default: #expect(seen == [], "\(stage) sees \(seen.sorted())")
            }
        }
    }

    @Test func `the front can reach no database and no disk`() {
        var reached: Set<String> = ["goalpost-front"]
        var grown = true
        while grown {
            let next = reached.union(reached.flatMap { Arrows.allowed[$0] ?? [] })
            grown = next.count > reached.count
            reached = next
        }
        #expect(
            reached.isDisjoint(with: ["Postgres", "CLibpq", "Tables", "Cluster", "EventLog", "Disk", "Jobs"])
        )
    }

    @Test func `Package.swift declares no arrow that the table does not have`() throws {
        let text = try String(contentsOf: House.root.appending(path: "Package.swift"), encoding: .utf8)
        let flat = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for (room, arrows) in Arrows.allowed {
            guard
                let opening = ["room( \"\(room)\", [", "room(\"\(room)\", ["].compactMap({
                    flat.range(of: $0)
                }).first
            else { continue }
            let list = flat[opening.upperBound...].prefix { $0 != "]" }
            for word in list.split(separator: "\"").filter({ Arrows.allowed[String($0)] != nil }) {
                #expect(arrows.contains(String(word)), "Package.swift lets \(room) see \(word)")
            }
        }
    }
}
