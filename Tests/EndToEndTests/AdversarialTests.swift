import Foundation
import Testing

/// What a stranger's script may try, each with its expected end. The scripts are in `Adversarial`, a file for each
/// kind of attempt.
@Suite("Adversarial scripts, end to end")
struct AdversarialTests {
    /// How a script must end.
    enum Outcome: String, Sendable {
        /// Exit code 0: nothing wrong happened, and the script says so.
        case ok
        /// Exit code 1 with a message.
        case refused
        /// Exit code 3 with the message of a limit.
        case killed

        var code: Int32 {
            switch self {
            case .ok: 0
            case .refused: 1
            case .killed: 3
            }
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let outcome: Outcome
        /// What standard output (``Outcome/ok``) or standard error must contain.
        let evidence: String
        let script: String
        var testDescription: String { name }

        /// A line `=== name | outcome | evidence` and the script below it. `@setting` means ``Scripts/setting``, `@nul`
        /// for a text of NUL bytes, `@long` for a very long line.
        init?(_ text: Substring) {
            let end = text.firstIndex(of: "\n") ?? text.endIndex
            let fields = text[..<end].split(separator: " | ", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " |"))
            }
            guard fields.count >= 2, let outcome = Outcome(rawValue: fields[1]) else { return nil }
            name = fields[0]
            self.outcome = outcome
            evidence = fields.count > 2 ? fields[2] : ""
            script = String(text[end...].dropFirst()).replacing("@setting\n", with: Scripts.setting)
                .replacing("@nul", with: "\0\0\0").replacing(
                    "@long", with: "print(1)" + String(repeating: " ", count: 1 << 20))
        }
    }

    /// What no output may show: the contents of a file or variable that scripts cannot reach, or the success of a breach.
    static let breach = "BREACH"

    /// - Returns: the cases of a file; one that cannot be read as such is missing, which the test of their number tells.
    static func cases(in file: String) -> [Case] {
        guard let url = Bundle.module.url(forResource: file, withExtension: "cases", subdirectory: "Adversarial"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { return [] }
        return ("\n" + text).split(separator: "\n=== ").compactMap(Case.init)
    }

    @Test("Attempts to reach files, processes, the environment and the host's insides", arguments: cases(in: "escapes"))
    func escape(_ attempt: Case) throws { try check(attempt) }

    @Test("Loops wherever Lua code can run, and loops that no hook sees", arguments: cases(in: "loops"))
    func loop(_ attempt: Case) throws { try check(attempt) }

    @Test("Memory, stacks and output without end", arguments: cases(in: "memory"))
    func memory(_ attempt: Case) throws { try check(attempt) }

    @Test("Error objects of every kind, tampering before an error, and re-entry", arguments: cases(in: "errors"))
    func error(_ attempt: Case) throws { try check(attempt) }

    @Test("Each of our objects with a wrong self and absurd arguments", arguments: cases(in: "objects"))
    func object(_ attempt: Case) throws { try check(attempt) }

    @Test("The table of attempts is whole")
    func number() throws {
        for file in ["escapes", "loops", "memory", "errors", "objects"] {
            let url = try #require(
                Bundle.module.url(forResource: file, withExtension: "cases", subdirectory: "Adversarial"))
            let heads = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").count {
                $0.hasPrefix("=== ")
            }
            #expect(AdversarialTests.cases(in: file).count == heads)
            #expect(heads >= 15)
        }
    }

    /// Of each run: `scripts/judge-processes attacks` asks for several.
    private static let processes = ProcessInfo.processInfo.environment["RLEDIT_TEST_PROCESSES"].flatMap { Int($0) }

    private func check(_ attempt: Case) throws {
        let workspace = try Workspace([
            "t.lua": attempt.script, "secret.txt": AdversarialTests.breach, "bytecode.lua": "\u{1b}Lua\u{54}\0\0\0",
            "selfish.lua": #"return require "selfish""#, "looping.lua": "while true do end", "data/folder/x": "",
        ])
        for (link, target) in [
            ("outside.lua", "/etc/hostname"), ("data/escape", "\(workspace.path)/secret.txt"),
            ("data/device", "/dev/zero"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(workspace.path)/\(link)", withDestinationPath: target)
        }
        // A script that is to reach a limit reaches a near one; the others must not reach theirs on a busy machine.
        let seconds = attempt.outcome == .killed ? "0.4" : "10"
        let ended = try workspace.start(
            [
                "t.lua", "--out", "o", "--quiet", "--no-cache", "--workers", "1", "--lua-time", seconds,
                "--callback-time", seconds, "--lua-memory", "64", "--max-output", "1", "--max-folder", "16",
            ],
            environment: ["RLEDIT_SECRET": AdversarialTests.breach].merging(
                Self.processes == nil ? [:] : MPI.environment, uniquingKeysWith: { $1 }),
            through: try Self.processes.map { try MPI.command($0) } ?? []
        ).wait()
        #expect(!ended.wasKilled, "ended by signal \(ended.code)")
        #expect(ended.code == attempt.outcome.code, "\(ended.errors)")
        let shown = attempt.outcome == .ok ? ended.output : ended.errors
        #expect(attempt.evidence.isEmpty || shown.contains(attempt.evidence), "\(shown)")
        #expect(!ended.output.contains(AdversarialTests.breach) && !ended.errors.contains(AdversarialTests.breach))
        // Whatever was tried: no control bytes reach the terminal by a report.
        #expect(!ended.errors.contains("\u{1b}") && !ended.errors.contains("\0"))
    }
}
