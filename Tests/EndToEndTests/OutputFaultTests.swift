import Foundation
import Testing

/// Standard output that cannot take what was asked for: a message and exit code 1, whatever else went well.
@Suite("Faults of standard output, end to end")
struct OutputFaultTests {
    private static let full = ["/bin/sh", "-c", #"exec "$@" > /dev/full"#, "sh"]
    private static let message = "rledit-lua: cannot write to standard output: No space left on device\n"

    private static func expectFault(_ ended: Ended, _ command: [String]) {
        #expect(ended.code == 1, "\(command): \(ended.errors)")
        #expect(ended.errors.hasSuffix(message), "\(command): \(ended.errors)")
        #expect(ended.errors.components(separatedBy: message).count == 2, "\(command)")
    }

    @Test("Every command says that standard output is full, and ends with 1; a run's files are complete")
    func fullOutput() throws {
        let workspace = try Workspace([
            "t.lua": Scripts.task(steps: 64),
            "s.lua": Scripts.task(steps: 64).replacing("return rledit", with: "local a = rledit.args.a; return rledit"),
            "p.lua": "print 'hello'", "print.lua": "print 'hello'\n" + Scripts.task(steps: 64),
        ])
        for command in [
            ["--help"], ["compare", "--help"], ["--version"], ["doctor"], ["doctor", "--json"], ["p.lua"],
            ["t.lua", "--out", "o"], ["t.lua", "--out", "json", "--json", "--quiet"],
            ["print.lua", "--out", "printed", "--quiet"], ["check", "t.lua"], ["new", "n.lua"],
            ["compare", "t.lua", "--methods", "RandomSearch", "--budget", "64", "--seeds", "1", "--out", "c"],
            [
                "compare", "t.lua", "--methods", "RandomSearch", "--budget", "64", "--seeds", "1", "--out", "c",
                "--json",
            ],
            ["sweep", "s.lua", "--grid", "a=1", "--out", "s"],
            ["sweep", "s.lua", "--grid", "a=1", "--out", "s", "--json"],
            ["runs", "."], ["runs", ".", "--json"], ["runs", "show", "o"], ["runs", "show", "o", "--json"],
            ["report", "o"],
        ] {
            Self.expectFault(try workspace.start(command, through: Self.full).wait(), command)
        }
        for run in ["o", "json", "printed"] {
            #expect(workspace.text("\(run)/manifest.json").contains(#""status": "finished""#), "\(run)")
            #expect(workspace.exists("\(run)/report.html") && workspace.exists("\(run)/edited.safetensors"))
        }
        #expect(workspace.exists("n.lua") && workspace.exists("c/report.html") && workspace.exists("s/report.html"))
        let typed = try workspace.start(["repl"], input: Array("1 + 1".utf8), through: Self.full).wait()
        Self.expectFault(typed, ["repl"])
        try workspace.write(Array("io.write 'hello'".utf8), to: "trusted.lua")
        Self.expectFault(try workspace.start(["trusted.lua", "--trust"], through: Self.full).wait(), ["--trust"])
    }

    @Test("predict and apply say so too")
    func fullOutputOfModels() throws {
        let workspace = try Workspace([
            "t.lua": PredictTests.task,
            "save.lua": """
            local rledit = require "rledit"
            local model = rledit.models.digit_cnn { seed = 1 }
            model:fit(rledit.data.generated_digits { train = 500, test = 10 }.train, { epochs = 1 })
            model:save "cnn.safetensors"
            """,
        ])
        #expect(try workspace.run("t.lua", "--out", "o", "--quiet").code == 0)
        let scored = try workspace.start(["predict", "o"], input: Array("hello\n".utf8), through: Self.full).wait()
        Self.expectFault(scored, ["predict"])
        #expect(try workspace.run("save.lua", "--out", "saved", "--quiet").code == 0)
        let command = [
            "apply", "\(ExampleRun.examples)/forget_class.policy.safetensors", "saved/cnn.safetensors",
            "--set", "forget=digits:class=7:take=50", "--set", "retain=digits:class!=7:take=50",
        ]
        Self.expectFault(try workspace.start(command, through: Self.full).wait(), command)
        Self.expectFault(
            try workspace.start(command + ["--json", "--out", "e.safetensors"], through: Self.full).wait(), command)
        #expect(workspace.exists("saved/cnn-edited.safetensors") && workspace.exists("e.safetensors"))
    }

    @Test("A closed pipe is silent and ends no run")
    func closedPipe() throws {
        let script = "for i = 1, 200000 do print(i) end\n" + Scripts.task(steps: 64)
        let workspace = try Workspace(["t.lua": script])
        let pipe = ["/bin/bash", "-c", #"set -o pipefail; "$@" | true"#, "bash"]
        for command in [["t.lua", "--out", "o", "--quiet"], ["t.lua", "--out", "p", "--quiet", "--json"], ["--help"]] {
            let ended = try workspace.start(command, through: pipe).wait()
            #expect(
                ended.code == 0 && ended.errors.replacing(/[0-9]+\n/, with: "").isEmpty, "\(ended.errors.prefix(300))")
        }
        #expect(workspace.text("o/manifest.json").contains(#""status": "finished""#))
    }

    @Test("A closed standard output is a fault, and nothing that is shown gets into the run's files")
    func closedOutput() throws {
        let workspace = try Workspace(["t.lua": "print 'shown'\n" + Scripts.task(steps: 64)])
        let closed = ["/bin/sh", "-c", #"exec "$@" >&-"#, "sh"]
        let ended = try workspace.start(["t.lua", "--out", "o", "--quiet"], through: closed).wait()
        #expect(ended.errors == "rledit-lua: cannot write to standard output: Bad file descriptor\n")
        #expect(ended.code == 1)
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        for name in ResumeTests.results {
            #expect(workspace.bytes("o/\(name)") == workspace.bytes("reference/\(name)"), "\(name)")
        }
    }
}
