import Foundation
import TestKit

/// A real cron daemon, with a user, crontabs and a mailbox of its own, in namespaces of its own.
///
/// The machine's users, crontabs and processes are not touched, and nothing of this is left when the value goes: the
/// first process of the process namespace reads commands from a pipe that only this process holds, and ends with it.
final class CronWorld {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// The user whose crontab it is, and who runs all commands.
    static let user = "goalpost-cron"
    private static let userID = 64_321

    let directory: TemporaryDirectory
    /// A folder that the user owns.
    let home: String
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()

    /// $1 the test's directory, $2 the user's name, $3 its number.
    ///
    /// Each line of input is run by the user; its output and status go into files `answer` and `status`, and a line
    /// `done` to the output.
    private static let script = """
        set -e
        mount --make-rprivate /
        mount -t tmpfs tmpfs /var/spool/cron
        mkdir -m 1730 /var/spool/cron/crontabs
        chgrp crontab /var/spool/cron/crontabs
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /etc/cron.d
        touch "$1/empty"
        mount --bind "$1/empty" /etc/crontab
        for file in passwd group shadow; do cp -p "/etc/$file" "$1/$file"; done
        echo "$2:x:$3:$3::$1/home:/bin/sh" >>"$1/passwd"
        echo "$2:x:$3:" >>"$1/group"
        echo "$2:*:19000:0:99999:7:::" >>"$1/shadow"
        for file in passwd group shadow; do mount --bind "$1/$file" "/etc/$file"; done
        mkdir "$1/over"
        mount -t tmpfs tmpfs "$1/over"
        mkdir "$1/over/upper" "$1/over/work"
        mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$1/over/upper,workdir=$1/over/work" /usr/sbin
        printf '#!/bin/sh\\ncat >"%s/mail/$$.tmp" && mv "%s/mail/$$.tmp" "%s/mail/$(date +%%s%%N)"\\n' \
            "$1" "$1" "$1" >/usr/sbin/sendmail
        chmod 755 /usr/sbin/sendmail
        mkdir "$1/mail" "$1/home"
        chmod 777 "$1/mail"
        chown "$3:$3" "$1/home"
        chmod 755 "$1" "$1/home"
        echo ready
        while IFS= read -r line; do
            case $line in
            cron\\ *)
                env --ignore-environment PATH=/usr/bin:/bin "TZ=${line#cron }" /usr/sbin/cron -f \
                    >"$1/cron.log" 2>&1 &
                ;;
            *)
                status=0
                env --ignore-environment PATH=/usr/bin:/bin HOME="$1/home" \
                    setpriv --reuid="$3" --regid="$3" --clear-groups -- sh -c "$line" \
                    >"$1/answer" 2>&1 </dev/null || status=$?
                echo "$status" >"$1/status"
                ;;
            esac
            echo done
        done
        """

    init() throws {
        directory = try TemporaryDirectory()
        home = directory.path + "/home"
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = [
            "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "bash", "-c", Self.script,
            "bash",
            directory.path, Self.user, "\(Self.userID)",
        ]
        process.standardInput = commands
        process.standardOutput = answers
        process.standardError = FileHandle(forWritingAtPath: "/dev/stderr") ?? .nullDevice
        try process.run()
        try expect("ready")
    }

    deinit {
        commands.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }

    private func expect(_ word: String) throws {
        let answer = String(decoding: answers.fileHandleForReading.availableData, as: UTF8.self)
        guard answer == word + "\n" else { throw Failed(description: "cron's world says '\(answer)'") }
    }

    private func send(_ line: String) throws {
        try commands.fileHandleForWriting.write(contentsOf: Array((line + "\n").utf8))
        try expect("done")
    }

    /// Starts the daemon, as a machine of this time zone does.
    func startCron(timeZone: String) throws { try send("cron \(timeZone)") }

    /// Runs one line of shell as the user, and returns what it wrote; throws where it fails.
    @discardableResult
    func run(_ line: String) throws -> String {
        try send(line)
        let output = try String(contentsOfFile: directory.path + "/answer", encoding: .utf8)
        let status = try String(contentsOfFile: directory.path + "/status", encoding: .utf8)
        guard status == "0\n" else { throw Failed(description: "\(line): status \(status)\(output)") }
        return output
    }

    /// All that cron has mailed so far, each with its head, oldest first.
    func mails() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/mail")
        return try names.filter { !$0.hasSuffix(".tmp") }.sorted()
            .map { try String(contentsOfFile: "\(directory.path)/mail/\($0)", encoding: .utf8) }
    }
}
