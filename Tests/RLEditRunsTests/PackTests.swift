import Foundation
import RLEditCore
import RLEditData
import RLEditRuns
import RLEditTestSupport
import Testing

@Suite("Packs")
struct PackTests {
    private static let script = "return require 'rledit'.task {}\n"

    /// A finished run with one script and one module.
    private func run(in folder: TemporaryFolder, seeds: [Int] = [0], change: (inout Manifest) -> Void = { _ in }) throws
    {
        let run = try RunFolder.create(at: folder.file("run"))
        for name in ["script/unlearn_digit.lua", "script/lib/helpers.lua"] { try run.write(Self.script, to: name) }
        var manifest = SampleRun.manifest(seeds: seeds)
        manifest.script.hash = SHA256Digest.hex(of: Self.script)
        manifest.modules = [
            .init(source: "/home/me/lib/helpers.lua", copy: "script/lib/helpers.lua", hash: manifest.script.hash)
        ]
        manifest.options = ["trust": false, "data": "/home/me/data", "allow": ["/home/me/w.pt"], "set": ["a": "b c"]]
        change(&manifest)
        try manifest.write(to: run)
        try run.write(SampleRun.summary(seeds: seeds).detailedJSON.prettyText(), to: RunFolder.summaryName)
        try run.write("a delta", to: RunFolder.deltaName)
        try run.write("{}\n", to: RunFolder.metricsName)
        try run.write("[]", to: RunFolder.examplesName)
    }

    @Test("A pack holds what a run needs to be run again, no data, and no folder of the machine")
    func contents() throws {
        let folder = try TemporaryFolder()
        try run(in: folder)
        try Pack.write(run: folder.file("run"), to: folder.file("a.rledit"), version: "0.1.0")
        let pack = try Pack(path: folder.file("a.rledit"))
        #expect(
            pack.members.map(\.name).sorted() == [
                "delta.safetensors", "manifest.json", "results.txt", "script/lib/helpers.lua",
                "script/unlearn_digit.lua", "summary.json",
            ])
        #expect(pack.manifest.command == "rledit-lua unlearn_digit.lua --seed 0 --set 'a=b c' --allow w.pt")
        let text = folder.text("a.rledit") + String(decoding: folder.bytes("a.rledit"), as: UTF8.self)
        #expect(!text.contains("/home/me") && !text.contains("examples.json"))
        #expect(try String(decoding: pack.bytes(of: "script/unlearn_digit.lua"), as: UTF8.self) == Self.script)
        let shown = try pack.text()
        for part in [
            "mnist", "data mnist/train-images", "--allow w.pt", "return require 'rledit'", "── script/lib/helpers.lua",
        ] {
            #expect(shown.contains(part), "\(part)")
        }
        // Equal runs give equal bytes.
        try Pack.write(run: folder.file("run"), to: folder.file("b.rledit"), version: "0.1.0")
        #expect(folder.bytes("a.rledit") == folder.bytes("b.rledit"))
    }

    @Test(
        "Other programs can open a pack and check it",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/unzip")))
    func otherPrograms() throws {
        let folder = try TemporaryFolder()
        try run(in: folder)
        try Pack.write(run: folder.file("run"), to: folder.file("a.rledit"), version: "0.1.0")
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = [
            "-c", "cd '\(folder.path)' && unzip -q a.rledit -d out && cd out && sha256sum --check --quiet contents.txt",
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
    }

    @Test("A changed byte is found in every member", arguments: ["script", "summary", "delta", "results", "contents"])
    func changed(_ part: String) throws {
        let folder = try TemporaryFolder()
        try run(in: folder)
        try Pack.write(run: folder.file("run"), to: folder.file("a.rledit"), version: "0.1.0")
        let pack = try Pack(path: folder.file("a.rledit"))
        var members = try (pack.members.map(\.name) + [Pack.contentsName]).map { ($0, try pack.bytes(of: $0)) }
        let place = try #require(members.firstIndex { $0.0.hasPrefix(part) })
        // In a list the first digit of a hash.
        let at = part == "contents" ? try #require(members[place].1.lastIndex(of: 0x20)) - 2 : 0
        members[place].1[at] = members[place].1[at] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        try folder.write(ZipWriter.archive(members), "b.rledit")
        let told = failure { _ = try Pack(path: folder.file("b.rledit")) }
        #expect(told?.contains("it was changed") == true, "\(told ?? "accepted")")
    }

    @Test(
        "What a stranger could send is refused with one clear error",
        arguments: [
            ("link", "member 'contents.txt' is a link, a folder or a device, not a file"),
            ("twice", "member 'script/t.lua' occurs twice"),
            ("outside", "the name 'script/../../t.lua' leads out of the pack"),
            ("absolute", "the name '/tmp/t.lua' is absolute"),
            ("hidden", "the name 'script/.t.lua' has a part that begins with a dot"),
            ("backslash", "has a control character or a backslash"),
            ("folder", "the name 'script/sub/' has an empty part"),
            ("data", "a pack has no member 'examples.json'"),
            ("changed-script", "'script/t.lua' is not the file that contents.txt names: it was changed"),
            ("trust", "its run was started with --trust, and a pack runs in the sandbox only"),
            ("copy-outside", "member '../t.lua' is missing"),
            ("bomb", "'script/zeros' is not the file that contents.txt names: it was changed"),
            ("huge-size", "takes the contents over 1024 MiB"),
        ])
    func hostile(_ name: String, _ reason: String) {
        let path = Corpus.path(.pack, name)
        let told = failure { _ = try Pack(path: path) }
        #expect(
            told?.hasPrefix("'\(path)' is not a pack: ") == true && told?.contains(reason) == true,
            "\(told ?? "accepted")")
    }

    @Test("A run that is not finished, or was trusted, cannot be packed")
    func refusedRuns() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("run")
        try run(in: folder) { $0.status = .interrupted }
        func told() -> String? {
            failure { try Pack.write(run: path, to: folder.file("a.rledit"), version: "0.1.0") }
        }
        #expect(told()?.contains("has not ended") == true)
        try FileManager.default.removeItem(atPath: path)
        try run(in: folder) { $0.options["trust"] = true }
        #expect(told()?.contains("--trust") == true)
        try FileManager.default.removeItem(atPath: path)
        try run(in: folder) { $0.script.copy = "../script/unlearn_digit.lua" }
        #expect(told()?.contains("its manifest names the copy '../script/unlearn_digit.lua'") == true)
        #expect(folder.names() == ["run"])
    }
}

@Suite("Verification")
struct VerificationTests {
    private func results(
        kernels: String = "a", accuracy: Double = 0.5, loss: Double? = nil, hash: String = "aa", data: String = "dd"
    ) throws -> RunResults {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        var manifest = SampleRun.manifest()
        manifest.numericKernels = kernels
        manifest.data = [.init(name: "mnist", file: "m", hash: data)]
        manifest.sets = [.init(name: "retain", heldOut: true, examples: 100, hash: "ee")]
        try manifest.write(to: run)
        var summary = SampleRun.summary()
        summary.seeds[0].heldOut = [
            HeldOutResult(
                set: "retain", before: [.init("accuracy", 0.9), .init("loss", 0.1)],
                meanPolicy: [.init("accuracy", accuracy), .init("loss", loss ?? accuracy / 10)], bestSeen: nil)
        ]
        // Never the same twice.
        summary.seeds[0].seconds = Double.random(in: 1...2)
        try run.write(summary.detailedJSON.prettyText(), to: RunFolder.summaryName)
        try run.write(hash, to: RunFolder.metricsName)
        return try RunResults(run: folder.file("run"))
    }

    @Test("The same bytes and numbers are the same, whatever the clock says")
    func same() throws {
        let verification = Verification(of: try results(), again: try results())
        #expect(verification.verdict == .sameBytes)
        #expect(verification.text.hasPrefix("same bytes: 1 files and "))
    }

    @Test("On the same kernels one other number or byte is too many")
    func strict() throws {
        let other = Verification(of: try results(), again: try results(accuracy: 0.5 + 1e-12))
        #expect(other.verdict == .differs)
        #expect(other.text.contains("heldout.retain.mean_policy.accuracy"))
        #expect(Verification(of: try results(), again: try results(hash: "bb")).verdict == .differs)
    }

    @Test(
        "On other kernels a loss may be off as far as the probability that it means, which tells large ones not apart")
    func losses() throws {
        func verdict(_ one: Double, _ other: Double) throws -> Verification.Verdict {
            Verification(of: try results(loss: one), again: try results(kernels: "b", loss: other)).verdict
        }
        for (one, other) in [(8, 6), (6, 12), (3, 9), (0.5, 0.57), (0.5, 0.43), (0.01, 0.05)] as [(Double, Double)] {
            #expect(try verdict(one, other) == .withinTolerance, "\(one) and \(other)")
        }
        for (one, other) in [(8, 2.5), (2, 3), (0.5, 0.65), (0.5, 0.4), (0.01, 0.08)] as [(Double, Double)] {
            #expect(try verdict(one, other) == .differs, "\(one) and \(other)")
        }
    }

    @Test("On other kernels held-out measures may be off by the tolerance, and data by nothing")
    func tolerant() throws {
        let near = Verification(of: try results(), again: try results(kernels: "b", accuracy: 0.54, hash: "bb"))
        #expect(near.verdict == .withinTolerance)
        #expect(near.text.contains("kernels 'a' and 'b'"))
        let far = Verification(of: try results(), again: try results(kernels: "b", accuracy: 0.56))
        #expect(far.verdict == .differs)
        #expect(far.json["differences"]?.array?.count { $0["is_allowed"]?.bool == false } == 1)
        let other = Verification(of: try results(), again: try results(kernels: "b", data: "d0"))
        #expect(other.verdict == .differs && other.text.contains("data m"))
    }
}
