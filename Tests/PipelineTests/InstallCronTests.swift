import Foundation
import TestKit
import Testing

/// `jobs/install-cron` puts the schedule where it says, twice as well as once, and takes out only its own.
@Suite struct InstallCronTests {
    private let directory: TemporaryDirectory
    private let data: String
    /// A folder with a `crontab` that keeps its lines in the file `table` beside it.
    private let programs: String

    init() throws {
        directory = try TemporaryDirectory()
        data = directory.path + "/data"
        programs = directory.path + "/programs"
        for path in [data + "/log", programs] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try Self.write(
            """
            #!/bin/sh
            table=\(directory.path)/table
            case $1 in
            -l) [ -e "$table" ] || { echo "no crontab for me" >&2; exit 1; }; cat "$table" ;;
            -r) rm "$table" ;;
            -) cat >"$table" ;;
            esac

            """,
            to: programs + "/crontab"
        )
    }

    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    private var table: String? {
        FileManager.default.contents(atPath: directory.path + "/table").map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @discardableResult
    private func user(_ arguments: String..., status: Int32 = 0) throws -> String {
        let result = try ScheduleProgram.install(
            ["--user", "--data", data, "--bin", ScheduleProgram.binaries] + arguments,
            path: [programs]
        )
        #expect(result.status == status && result.output.isEmpty, "\(result.error)")
        return result.error
    }

    @Test func `a user's crontab keeps all other lines, however often it is installed`() throws {
        let own = "# mine\nMAILTO=me@example.org\n\n5 * * * * echo '100\\%'\n"
        try own.write(toFile: directory.path + "/table", atomically: true, encoding: .utf8)
        try user()
        let once = try #require(table)
        #expect(once.hasPrefix(own + "# BEGIN Goalpost for \(data): "))
        #expect(once.hasSuffix("\n# END Goalpost for \(data)\n"))
        let cycle =
            "\n* * * * * PATH='\(ScheduleProgram.binaries)':$PATH '\(ScheduleProgram.root)jobs/cycle' "
        #expect(once.contains(cycle + "--data '\(data)'\n"))
        // It would hold for whatever somebody puts below.
        #expect(once.components(separatedBy: "MAILTO").count == 2)
        #expect(!once.contains("@") || once.components(separatedBy: "@").count == 2)
        try user()
        #expect(table == once)
        // Another data directory has a block of its own; an option replaces what was installed without it.
        let other = directory.path + "/other"
        try FileManager.default.createDirectory(atPath: other + "/log", withIntermediateDirectories: true)
        try user("--data", other, "--mailto", "")
        #expect(table?.hasPrefix(once) == true && table?.contains("\nMAILTO=\n") == true)
        try user("--data", other, "--remove")
        #expect(table == once)
        try user("--keep-bytes", "1000000")
        #expect(table?.contains("/jobs/retain' --data '\(data)' --apply --keep-bytes 1000000\n") == true)
        try user()
        #expect(table == once)
        try user("--remove")
        #expect(table == own)
        try user("--remove")
        #expect(table == own)
    }

    @Test func `a crontab that was not there is gone again after removal`() throws {
        try user("--remove")
        #expect(table == nil)
        try user()
        #expect(table != nil)
        try user("--remove")
        #expect(table == nil)
    }

    @Test func `a block without its end is left alone`() throws {
        try user()
        let whole = try #require(table)
        let torn = whole.split(separator: "\n", omittingEmptySubsequences: false).dropLast(2)
            .joined(separator: "\n")
        try torn.write(toFile: directory.path + "/table", atomically: true, encoding: .utf8)
        #expect(try user(status: 65).contains("crontab -e"))
        #expect(table == torn)
    }

    @Test func `variables of the shell that cron will not see are pointed out`() throws {
        let result = try ScheduleProgram.install(
            ["--user", "--bin", ScheduleProgram.binaries],
            path: [programs],
            variables: ["GOALPOST_DATABASE_URL": "postgresql://secret", "GOALPOST_DATA": data]
        )
        #expect(result.status == 0)
        #expect(result.error.contains("GOALPOST_DATABASE_URL") && result.error.contains("goalpost.yaml"))
        #expect(!result.error.contains("secret") && !result.error.contains("GOALPOST_DATA;"))
        #expect(table?.contains("--data '\(data)'") == true)
    }

    @Test func `the machine's crontab and units go where cron and systemd look, and away again`() throws {
        let base = ["--system", "--data", data, "--bin", ScheduleProgram.binaries, "--as", "someone"]
        let root = ["--root", directory.path + "/root"]
        let file = directory.path + "/root/etc/cron.d/goalpost"
        #expect(try ScheduleProgram.install(base + root).status == 0)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\n* * * * * someone PATH=") && text.contains("\nMAILTO=root\n"))
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o644)
        #expect(try ScheduleProgram.install(base + root + ["--remove"]).status == 0)
        #expect(try files(below: "root") == [])

        #expect(try ScheduleProgram.install(base + root + ["--systemd", "--keep-days", "9"]).status == 0)
        let all = try files(below: "root")
        #expect(all.contains("goalpost-retain.timer") && all.contains("goalpost-postgres.service"))
        // What is not asked for any more goes; so does the database's unit where the settings name a server.
        let setting = "database_url: postgresql://db.example/goalpost\n"
        try setting.write(toFile: data + "/goalpost.yaml", atomically: true, encoding: .utf8)
        #expect(try ScheduleProgram.install(base + root + ["--systemd"]).status == 0)
        let fewer = try files(below: "root")
        #expect(Set(all).subtracting(fewer) == ["goalpost-retain.timer", "goalpost-postgres.service"])
        let target = directory.path + "/root/etc/systemd/system/goalpost.target"
        let wanted = try String(contentsOfFile: target, encoding: .utf8)
        #expect(!wanted.contains("retain") && !wanted.contains("postgres"))
        #expect(try ScheduleProgram.install(base + root + ["--systemd", "--remove"]).status == 0)
        #expect(try files(below: "root") == [])
    }

    /// Names of the files below a folder of the test's directory, sorted.
    private func files(below folder: String) throws -> [String] {
        let found = FileManager.default.enumerator(atPath: directory.path + "/" + folder)
        let paths = (found?.compactMap { $0 as? String } ?? []).filter {
            var isDirectory: ObjCBool = false
            let path = "\(directory.path)/\(folder)/\($0)"
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
                && !isDirectory.boolValue
        }
        return paths.compactMap { $0.split(separator: "/").last.map(String.init) }.sorted()
    }

    @Test(
        arguments: [
            (["--often"], 64, "unknown option '--often'"),
            (["--data", "/data"], 64, "--user, --system or --print"),
            (["--user", "--system"], 64, "exclude each other"),
            (["--user", "--systemd"], 64, "--systemd goes with"),
            (["--user", "--as", "me"], 64, "--as goes with"),
            (["--user", "--root", "/r"], 64, "--root goes with"),
            (["--print", "--remove"], 64, "--remove goes with"),
            (["--print", "--data"], 64, "--data wants a value"),
            (["--print", "--data", ""], 64, "--data wants a value"),
            (["--print", "--keep-days", "0"], 64, "--keep-days wants"),
            (["--print", "--keep-days", "1", "--keep-bytes", "1"], 64, "choose one"),
            (["--print", "--data", "/a%b"], 78, "the character %"),
            (["--print", "--data", "/a\nb"], 78, "the character $'\\n'"),
            (["--print", "--data", "/a'b"], 78, "the character \\'"),
            (["--print", "--data", "/a\\b"], 78, "the data directory"),
            (["--print", "--data", "/$HOME"], 78, "the character \\$"),
            (["--print", "--bin", "/a:b"], 78, "the directory of the programs"),
            (["--print", "--mailto", "a\nb"], 78, "the address to mail to"),
            (["--print", "--as", "a b"], 78, "no name of a user"),
            (["--user", "--bin", "/nowhere"], 69, "no program /nowhere/goalpost"),
            (["--system", "--bin", "BIN", "--data", "/nowhere"], 66, "goalpost init"),
            (["--system", "--bin", "BIN", "--data", "DATA", "--as", "nobody-of-all"], 67, "useradd"),
        ] as [([String], Int32, String)]
    )
    func `what cannot be right is refused in a line`(
        arguments: [String],
        status: Int32,
        says: String
    ) throws {
        let words = arguments.map { $0 == "BIN" ? ScheduleProgram.binaries : $0 == "DATA" ? data : $0 }
        let result = try ScheduleProgram.install(words, path: [programs])
        #expect(result.status == status && result.output.isEmpty, "\(result.error)")
        #expect(
            result.error.hasPrefix("jobs/install-cron: ") && result.error.contains(says),
            "\(result.error)"
        )
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
        #expect(table == nil)
    }

    @Test func `without cron it says so`() throws {
        // All that the script needs but crontab.
        let tools = directory.path + "/tools"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        for tool in ["bash", "dirname", "realpath", "env", "sed", "awk"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(tools)/\(tool)",
                withDestinationPath: "/usr/bin/\(tool)"
            )
        }
        let result = try Command.run(
            "/usr/bin/bash",
            [
                ScheduleProgram.root + "jobs/install-cron", "--user", "--data", data,
                "--bin", ScheduleProgram.binaries,
            ],
            environment: ["PATH": tools]
        )
        #expect(result.status == 69 && result.error.contains("apt-get install cron"), "\(result.error)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can run it as another user"))
    func `only root writes where the whole machine looks`() throws {
        for scheduler in [[], ["--systemd"]] {
            // Removing asks for no file that this user could not read.
            let result = try Command.run(
                "/usr/bin/setpriv",
                [
                    "--reuid=65534", "--regid=65534", "--clear-groups", "--",
                    ScheduleProgram.root + "jobs/install-cron", "--system", "--remove",
                ] + scheduler,
                environment: ["PATH": "/usr/bin:/bin"]
            )
            #expect(result.status == 77 && result.error.contains("--user"), "\(result.error)")
        }
    }

    @Test func `the commands of README install what they say`() throws {
        let readme = try String(contentsOfFile: ScheduleProgram.root + "README.md", encoding: .utf8)
        let commands = readme.split(separator: "\n").map { String($0).replacing("sudo ", with: "") }
            .filter { $0.hasPrefix("jobs/install-cron ") }
        #expect(commands.count == 4)
        for command in commands {
            var words = command.split(separator: " ").dropFirst()
                .map { $0 == "/var/lib/goalpost" ? data : String($0) }
            words += ["--bin", ScheduleProgram.binaries]
            // Not into this machine's own directories.
            if words.contains("--system") { words += ["--root", directory.path + "/root"] }
            let result = try ScheduleProgram.install(words, path: [programs])
            #expect(result.status == 0 && result.error.isEmpty, "\(command): \(result.error)")
            if words.contains("--print") { #expect(result.output.contains("--data '\(data)'")) }
        }
        #expect(table?.contains("--data '\(data)'") == true)
        #expect(try files(below: "root").contains("goalpost.target"))
        #expect(try files(below: "root").contains("goalpost"))
    }

    @Test func `help lists every option`() throws {
        let help = try ScheduleProgram.install(["--help"])
        #expect(help.status == 0)
        let text = try String(contentsOfFile: ScheduleProgram.root + "jobs/install-cron", encoding: .utf8)
        for option in text.matches(
            of: /--(?:user|system|print|systemd|remove|data|bin|as|mailto|root|keep-\w+)\b/
        ) {
            #expect(help.output.contains(option.output))
        }
        #expect(help.output.hasPrefix("Puts Goalpost's schedule") && !help.output.contains("#"))
    }
}
