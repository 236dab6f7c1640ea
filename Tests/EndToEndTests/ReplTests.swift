import Foundation
import Testing

/// `repl` through the built binary: by a pipe, and on a terminal.
@Suite("Interactive sessions, end to end")
struct ReplTests {
    /// What a session shows of these lines.
    private static func session(_ lines: String, _ options: String...) throws -> Ended {
        let workspace = try Workspace(["beside.lua": "return { answer = 42 }\n", "secret.txt": "BREACH"])
        return try workspace.start(["repl"] + options, input: Array(lines.utf8)).wait()
    }

    @Test(
        "Expressions are printed, statements run, and chunks go on over lines, as in Lua's own",
        arguments: [
            ("1 + 1", "2\n"), ("=1 + 1", "2\n"), ("nil, 1, nil", "nil\t1\tnil\n"), ("return 'a', 'b'", "a\tb\n"),
            ("x = 5\nx", "5\n"), ("for i = 1, 2 do\nprint(i)\nend", "1\n2\n"),
            ("f = function(a)\nreturn 2 * a end\nf(4)", "8\n"),
            ("= 1 +\n2", "3\n"), ("= [[a\nb]]", "a\nb\n"), ("\n-- nothing\n\n7", "7\n"), ("rledit.version", "0.1.0\n"),
            ("(require 'beside').answer", "42\n"), ("#'h\u{e9}'", "3\n"), ("print(rledit.seed)", "0\n"),
            ("print = function(...) end\n1", ""), ("{}", "{}\n"),
            ("{ 3, x = 'a', t = { 1 } }", "{ [1] = 3,\n  t = {…} (1 entry),\n  x = \"a\" }\n"),
            ("setmetatable({}, { __tostring = function() return 'mine' end })", "mine\n"),
            ("1, { 2 }", "1\t{ [1] = 2 }\n"), ("exit = 1\nexit", "1\n"),
        ])
    func chunks(lines: String, output: String) throws {
        // The last line needs no end.
        for text in [lines, lines + "\n"] {
            let ended = try Self.session(text)
            #expect(ended.output == output)
            #expect(ended.errors.isEmpty, "\(ended.errors)")
            #expect(ended.code == 0)
        }
    }

    @Test(
        "An error is shown with its traceback and ends only its chunk; a pipe's session then fails as a whole",
        arguments: [
            ("error 'bad'", "stdin:1: bad\nstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n"),
            ("x = 1 2", "stdin:1: unexpected symbol near '2'\n"), ("print(y)", "stdin:1: unknown global 'y'"),
            ("if true then\nerror({})\nend", "error value is a table\n"),
            ("'abc\n'", "stdin:1: unfinished string near ''abc'\n"),
            (
                "os.exit()",
                "stdin:1: attempt to call a nil value (field 'exit'): not available in the sandbox; --trust runs"
            ),
            ("require 'nowhere'", "module 'nowhere' not found"),
            ("rledit.nn.load '/etc/passwd'", "/etc/passwd"),
            ("rledit.data.csv { path = 'secret.txt', text = 'a', label = 'b' }", "secret.txt"),
        ])
    func errors(lines: String, report: String) throws {
        let ended = try Self.session(lines + "\n'goes on'")
        #expect(ended.errors.contains(report), "\(ended.errors)")
        #expect(!ended.errors.contains("BREACH"))
        #expect(ended.output == "goes on\n")
        #expect(ended.code == 1)
    }

    @Test("Of a large table 20 entries are shown; print keeps Lua's meaning")
    func tables() throws {
        let ended = try Self.session("t = {} for i = 1, 25 do t[i] = i * i end\nt\nprint(t)\nrledit.schedule")
        let lines = ended.output.split(separator: "\n")
        #expect(lines[19] == "  [20] = 400,")
        #expect(lines[20] == "  … and 5 more }")
        #expect(lines[21].hasPrefix("table: 0x"))
        #expect(lines[22...].contains { $0.contains("linear = function") })
        #expect(ended.code == 0 && ended.errors.isEmpty)
    }

    @Test("exit and quit leave, with or without parentheses", arguments: ["exit", "exit()", " quit ", "quit();"])
    func leave(line: String) throws {
        let ended = try Self.session("1\n\(line)\n2")
        #expect(ended.output == "1\n")
        #expect(ended.errors.isEmpty)
        #expect(ended.code == 0)
    }

    @Test("help shows what can be typed", arguments: ["help", "help()"])
    func help(line: String) throws {
        let ended = try Self.session("\(line)\n2")
        #expect(ended.output.hasPrefix("Type Lua: an expression is printed"))
        #expect(ended.output.hasSuffix("\n2\n"))
        #expect(ended.errors.isEmpty)
        #expect(ended.code == 0)
    }

    @Test("The session says once that a local is gone")
    func locals() throws {
        let ended = try Self.session("local x = 1 print(x)\nlocal y = 2\ndo local z = 3 end\ny2 = 4\ny2")
        #expect(ended.errors == "'x' is local to what was typed and is gone now; without 'local' it stays\n")
        #expect(ended.output == "1\n4\n")
        #expect(ended.code == 0)
        let quiet = try Self.session("local x = 1\ndo local y = 2 end", "--quiet")
        #expect(quiet.errors.isEmpty)
        let gone = try Self.session("local x = 1\nlocal y = 2\ny")
        #expect(gone.errors.contains("'x' is local to what was typed and is gone now; without 'local' it stays\n"))
        #expect(gone.errors.hasSuffix("'y' was local to what was typed earlier; without 'local' it stays\n"))
    }

    @Test("What ends in the middle of a chunk is an error")
    func incomplete() throws {
        let ended = try Self.session("for i = 1, 2 do")
        #expect(ended.errors == "stdin:1: 'end' expected near <eof>\n")
        #expect(ended.code == 1)
    }

    @Test(
        "A chunk that reaches a limit is stopped; the session goes on and ends with exit code 3",
        arguments: [
            (
                "while true do end", ["--lua-time", "0.5"],
                "time limit of 0.5 s for the main chunk reached (raise it with --lua-time SECONDS)"
            ),
            (
                "t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end\nt = nil", ["--lua-memory", "64"],
                "memory limit of 64 MB reached"
            ),
        ])
    func limits(lines: String, options: [String], report: String) throws {
        let ended = try Workspace().start(["repl"] + options, input: Array("\(lines)\n'goes on'".utf8)).wait()
        #expect(ended.errors.contains("stdin:1: \(report)"), "\(ended.errors)")
        #expect(ended.output == "goes on\n")
        #expect(ended.code == 3)
    }

    @Test("Under --trust the whole library is there")
    func trust() throws {
        let ended = try Self.session("local _ = io.write('free\\n')\nos.exit(5)", "--trust")
        #expect(ended.output == "free\n")
        #expect(ended.code == 5)
    }

    @Test("A script is run first: its globals stay, its task is there, and its arguments reach it")
    func script() throws {
        let workspace = try Workspace(["t.lua": "first = ...\nsetting = rledit.args.x\n" + Scripts.task(steps: 64)])
        let ended = try workspace.start(
            ["repl", "t.lua", "--quiet", "--set", "x=3", "--", "one"],
            input: Array("first, setting\ntask.name\nresult = rledit.run.task(task)\nresult.evaluations\n".utf8)
        ).wait()
        #expect(ended.output == "one\t3\nt\n64\n", "\(ended.output) \(ended.errors)")
        #expect(ended.code == 0)
        let broken = try Workspace(["t.lua": "here = 1\nerror 'early'"]).start(
            ["repl", "t.lua"], input: Array("here\n".utf8)
        ).wait()
        #expect(broken.output == "1\n")
        #expect(broken.errors.hasPrefix("t.lua:2: early\n"))
        let none = try Workspace().start(["repl", "none.lua"], input: []).wait()
        #expect(none.report == "cannot run 'none.lua': there is no such file")
        #expect(none.code == 1)
    }

    @Test("A model is saved into a folder of the session, which is there only when it is needed")
    func saves() throws {
        let workspace = try Workspace()
        let save = "m = rledit.models.digit_cnn { seed = 1 }\nm:save 'm.safetensors'\n"
        let ended = try workspace.start(["repl", "--out", "kept"], input: Array(save.utf8)).wait()
        #expect(ended.output == "kept/m.safetensors\n", "\(ended.errors)")
        #expect(workspace.names(in: "kept").contains("m.safetensors"))
        _ = try workspace.start(["repl"], input: Array("1\n".utf8)).wait()
        #expect(!workspace.exists("runs"))
    }

    // MARK: - On a terminal

    @Test("On a terminal the Tab key completes globals, modules, methods and fields")
    func completion() throws {
        let terminal = try Terminal()
        try terminal.expect("> ")
        try terminal.type("rled\t.tens\t.ful\t(2, 3)[1]\r", "3.0\n> ")
        try terminal.type("m = rledit.models.digit_cnn { seed = 1 }\r", "\n> ")
        try terminal.type("=m:parameter_n\t()[1]\r", "conv1.weight\n> ")
        try terminal.type("=m.parameter_co\t\r", "210090\n> ")
        // A method follows a colon, a property does not.
        try terminal.type("m:parameter_c\t\u{3}", "^C\n> ")
        // Two that fit are shown.
        try terminal.type("string.re\t", "rep      reverse")
        try terminal.type("\u{3}", "^C\n> ")
        try terminal.type("t = { first_field = 7 }\r", "\n> ")
        try terminal.type("=t.fir\t\r", "7\n> ")
        #expect(try terminal.end() == 0)
    }

    @Test("Ctrl-C drops a line and stops a chunk; lines are found again, in the next session too")
    func keys() throws {
        let workspace = try Workspace()
        let terminal = try Terminal(in: workspace)
        try terminal.expect("> ")
        try terminal.type("error(\u{3}", "^C\n> ")
        try terminal.type("if true then\r", ">> ")
        try terminal.type("\u{3}", "^C\n> ")
        try terminal.type("print('run' .. 'ning') while true do end\r", "running\n")
        terminal.interrupt()
        try terminal.expect("stdin:1: interrupted")
        try terminal.type("'found ' .. 'again'\r", "found again\n> ")
        #expect(try terminal.end() == 0)
        let history = workspace.text(".local/state/rledit/history")
        #expect(history.contains("again") && !history.contains("error("))
        let attributes = try FileManager.default.attributesOfItem(
            atPath: "\(workspace.path)/.local/state/rledit/history")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let next = try Terminal(in: workspace)
        try next.expect("> ")
        try next.type("\u{1b}[A\r", "found again\n> ")
        #expect(try next.end() == 0)
        #expect(!workspace.exists("runs"))
    }

    @Test("A key typed in the moment that the prompt comes is not lost")
    func keyAtPrompt() throws {
        let workspace = try Workspace()
        for _ in 0..<40 {
            let terminal = try Terminal(in: workspace)
            try terminal.expect("> ")
            #expect(try terminal.end() == 0)
        }
    }
}

/// A session of the binary on a terminal of its own.
private final class Terminal {
    private let process = Process()
    private let main: Int32
    private let workspace: Workspace
    private var shown = ""

    init(in workspace: Workspace? = nil) throws {
        self.workspace = try workspace ?? Workspace()
        var (main, end) = (Int32(-1), Int32(-1))
        guard openpty(&main, &end, nil, nil, nil) == 0 else {
            throw TerminalError(description: "no terminal: \(String(cString: strerror(errno)))")
        }
        self.main = main
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = ["repl"]
        process.currentDirectoryURL = URL(fileURLWithPath: self.workspace.path)
        var environment = [
            "HOME": self.workspace.path, "TERM": "xterm", "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no",
        ]
        environment["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
        process.environment = environment
        let handle = FileHandle(fileDescriptor: end, closeOnDealloc: true)
        process.standardInput = handle
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        close(main)
    }

    func interrupt() { kill(process.processIdentifier, SIGINT) }

    /// Types, and waits until the text is shown after what was shown before.
    func type(_ text: String, _ expected: String) throws {
        let bytes = Array(text.utf8)
        guard write(main, bytes, bytes.count) == bytes.count else { throw TerminalError(description: "cannot type") }
        try expect(expected)
    }

    func expect(_ text: String) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            if let found = shown.firstRange(of: text) {
                shown = String(shown[found.upperBound...])
                return
            }
            guard ContinuousClock.now < deadline else {
                throw TerminalError(description: "'\(text)' did not come; shown since: '\(shown)'")
            }
            var waiting = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 200) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(main, &bytes, bytes.count)
            guard count > 0 else { throw TerminalError(description: "the session ended; shown since: '\(shown)'") }
            shown += Terminal.plain(String(decoding: bytes[..<count], as: UTF8.self))
            // To Swift the two bytes of a line's end are one character.
            shown = shown.replacing("\r\n", with: "\n")
        }
    }

    /// Ctrl-D, then the exit code.
    func end() throws -> Int32 {
        try type("\u{4}", "\n")
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Without the sequences that move the cursor.
    private static func plain(_ text: String) -> String { text.replacing(/\u{1b}\[[0-9;?]*[A-Za-z]/, with: "") }
}

private struct TerminalError: Error, CustomStringConvertible {
    let description: String
}
