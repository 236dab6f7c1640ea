import Foundation
import LuaBridge
import RLEditData
import RLEditLua
import RLEditRuns
import RLEditTensor
import Testing

/// No script, however odd, ends the process by a signal or passes its limits. Each batch runs in a process of its own, so that a
/// trap is one failure with the number of the script that did it.
@Suite("Random scripts")
struct RandomScriptTests {
    private static let scriptsPerBatch = 75

    /// 10,000 scripts and a few; `RLEDIT_RANDOM_SCRIPTS` asks for another number.
    static let batches: [Int] = {
        let asked = ProcessInfo.processInfo.environment["RLEDIT_RANDOM_SCRIPTS"].flatMap(Int.init) ?? 10_000
        return Array(0..<max(1, (min(asked, 1_000_000) + scriptsPerBatch - 1) / scriptsPerBatch))
    }()

    @Test("Random scripts end in a result or an error", arguments: batches)
    func run(batch: Int) async {
        let result = await #expect(
            processExitsWith: .exitCode(0), observing: [\.standardErrorContent]
        ) { [batch] in
            let first = batch * RandomScriptTests.scriptsPerBatch
            for number in first..<first + RandomScriptTests.scriptsPerBatch {
                // The last line of standard error then names the script that did it.
                FileHandle.standardError.write(Data("script \(number)\n".utf8))
                var scripts = RandomScripts(seed: number)
                let text = RandomScripts.prelude + scripts.next()
                try LuaThread.run {
                    var limits = LuaLimits()
                    limits.mainChunkSeconds = 1
                    limits.callbackSeconds = 0.5
                    limits.graceSeconds = 8
                    limits.memoryBytes = 128 << 20
                    let context = ScriptContext(
                        seed: 1, pool: WorkerPool(workers: 1),
                        locations: DataLocations(environment: [:], currentFolder: "/nonexistent"),
                        fits: FitCache(folder: "", isEnabled: false))
                    let session = try ScriptSession(context: context, limits: limits)
                    defer { session.close() }
                    do { try session.run(Array(text.utf8), path: "random.lua") } catch let error as LuaError {
                        guard error.kind != .syntax, error.kind != .host else {
                            FileHandle.standardError.write(Data("\(error.message)\n\(text)\n".utf8))
                            exit(1)
                        }
                    }
                }
            }
            exit(0)
        }
        guard let result else { return }
        let tail = String(decoding: result.standardErrorContent.suffix(2_000), as: UTF8.self)
        #expect(result.exitStatus == .exitCode(0), "\(tail)")
    }
}
