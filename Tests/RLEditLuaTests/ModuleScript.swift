import Foundation
import LuaBridge
import RLEditData
import RLEditLua
import RLEditRuns
import RLEditTensor

/// Scripts run with the modules of this target, on a folder of their own.
struct ModuleScript {
    /// Removed with `remove`; data root `data`, fits `fits`, output `run`.
    let folder: String
    var seed = 0
    var workers = 2
    var remembersFits = false
    /// Where data are looked for instead of the folder's own.
    var dataFolder: String?
    var limits = LuaLimits()

    init() {
        folder = NSTemporaryDirectory() + "rledit-modules-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        try? FileManager.default.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// Names that tests use without `require`.
    static let prelude =
        #"local tensor, nn, models = require "rledit.tensor", require "rledit.nn", require "rledit.models" "#
        + #"local data, schedule, metrics = require "rledit.data", require "rledit.schedule", require "rledit.metrics" "#

    struct Outcome: Sendable {
        var printed = ""
        var notes = ""
        var usedData: [Manifest.DataSource] = []
    }

    /// Runs a script with the prelude on its first line, and returns what it printed.
    func run(_ text: String) throws -> Outcome {
        try LuaThread.run { [self] in
            try LuaHost.with(limits: limits) { host in
                let (printed, notes) = (Notes(), Notes())
                host.printSink = { printed.text += String(decoding: $0, as: UTF8.self) }
                let context = context(notes)
                try ModuleScript.addModules(to: host, context: context)
                _ = try host.run(ModuleScript.prelude + text, name: "task.lua")
                return Outcome(printed: printed.text, notes: notes.text, usedData: context.usedData)
            }
        }
    }

    static func addModules(to host: LuaHost, context: ScriptContext) throws {
        try HostModules.add(to: host, context: context)
    }

    func context(_ notes: Notes) -> ScriptContext {
        let context = ScriptContext(
            seed: seed, pool: WorkerPool(workers: workers),
            locations: DataLocations(
                dataOption: dataFolder ?? folder + "/data", environment: [:], currentFolder: folder),
            fits: FitCache(folder: folder + "/fits", isEnabled: remembersFits),
            progress: { label in
                ProgressReporter(style: .plain, label: label, clock: { 0 }, output: { notes.text += $0 })
            })
        let run = folder + "/run"
        context.outputFolder = { run }
        return context
    }

    final class Notes: @unchecked Sendable {
        var text = ""
    }

    // MARK: Short forms

    /// What a script prints, without the last line end.
    static func printed(_ text: String) throws -> String {
        let script = ModuleScript()
        defer { script.remove() }
        let printed = try script.run(text).printed
        return printed.hasSuffix("\n") ? String(printed.dropLast()) : printed
    }

    /// The message of the error that a script ends with.
    static func message(_ text: String, limits: LuaLimits = LuaLimits()) -> String {
        var script = ModuleScript()
        script.limits = limits
        defer { script.remove() }
        do {
            return "no error; printed: \(try script.run(text).printed)"
        } catch let error as LuaError {
            return error.message
        } catch {
            return "\(error)"
        }
    }
}

extension ModuleScript {
    /// No folder is a data root.
    static var noLocations: DataLocations { DataLocations(environment: [:], currentFolder: "/nonexistent") }
}
