internal import Foundation
internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// The folders of a run, and what their manifests say.
extension ScriptRun {
    /// A seed of a resumed run that is complete already.
    func finishedRun(_ seed: Int) throws -> SeedRun? {
        guard let resumed, options.seeds.count > 1 else { return nil }
        let path = "\(resumed.folder.path)/seed-\(seed)"
        guard let manifest = try? Manifest.read(from: path), manifest.status == .finished,
            let bytes = FileManager.default.contents(atPath: "\(path)/\(RunFolder.summaryName)"),
            let summary = RunSummary(json: try JSONValue(parsing: Array(bytes))), let result = summary.seeds.first
        else { return nil }
        summaryData = summary.data
        setWarnings += summary.warnings.filter { !setWarnings.contains($0) }
        return SeedRun(manifest: manifest, end: .finished, result: result)
    }

    /// The folder of a seed: the run's own for one seed, a sub-folder for several.
    func makeFolder(_ seed: Int, task: String) throws -> RunFolder {
        let top =
            try self.top
            ?? (options.out.map { try RunFolder.create(at: $0) }
                ?? RunFolder.create(task: task, time: started, reserved: options.reserved))
        self.top = top
        return options.seeds.count > 1 ? try top.seedFolder(seed) : top
    }

    /// - Parameter task: nil for a script that did its work by itself and saved something.
    func makeManifest(_ seed: Int?, task: (any RunnableTask)?, context: ScriptContext) -> Manifest {
        var manifest = Manifest(
            task: task?.name ?? script.baseName, world: task?.worldName ?? "", learner: task?.learnerName ?? "",
            started: started, seed: seed, seeds: options.seeds, script: script.copied,
            numericKernels: NumericKernels.current.description)
        manifest.configuration = task?.configuration ?? [:]
        manifest.options = options.recorded
        manifest.versions = [
            "rledit": .string(ProductVersion.current.description), "lua": .string(LuaHost.luaVersion),
            "library": .string(NumericKernels.current.library),
        ]
        manifest.data = context.usedData
        manifest.sets = task?.setDescriptions ?? []
        manifest.warnings = task?.setWarnings ?? []
        manifest.walls = options.wallNames
        if let data = context.mainData { summaryData = data }
        return manifest
    }

    /// What a resumed run keeps of its manifest: when it began, and where its modules were.
    /// - Throws: ``RunError/changedSets(path:)`` when the script now makes other sets, which could not end in the same
    ///   numbers.
    func continueManifest(_ manifest: inout Manifest, of folder: RunFolder) throws {
        // A seed that had not begun has none.
        guard let old = try? Manifest.read(from: folder.path) else { return }
        func key(_ set: Manifest.SetDescription) -> [String] { [set.name, "\(set.heldOut)", set.hash] }
        guard old.sets.map(key) == manifest.sets.map(key) else { throw RunError.changedSets(path: folder.path) }
        manifest.started = old.started
        if old.numericKernels != manifest.numericKernels {
            host.note(
                "this run began with the kernels '\(old.numericKernels)' and goes on with "
                    + "'\(manifest.numericKernels)': its numbers will differ in their last digits")
        }
    }

    /// Copies of the script and its modules, then the manifest that names them.
    func write(_ manifest: inout Manifest, of session: ScriptSession, to folder: RunFolder) throws {
        let modules = session.loadedFiles
        manifest.modules = modules.map { module in
            let copy = copyName(of: module)
            let source = resumed?.manifest.modules.first { $0.copy == copy }?.source ?? module.path
            return Manifest.CopiedFile(source: source, copy: copy, hash: SHA256Digest.hex(of: module.bytes))
        }
        for folder in targets(folder) {
            // A resumed run has copies, but for seeds that it had not come to; a new one replaces what another left that
            // was killed before it had a manifest.
            let copies =
                [(script.copyName, script.bytes)] + zip(manifest.modules, modules).map { ($0.copy, $1.bytes) }
                + session.context.policiesBeside.map { ("\(RunFolder.scriptFolderName)/\($0.name)", $0.bytes) }
            for (name, bytes) in copies
            where resumed == nil || !FileManager.default.fileExists(atPath: folder.file(name)) {
                try folder.write(bytes, to: name)
            }
            var own = manifest
            if folder === top, options.seeds.count > 1 {
                own.seed = nil
                if own.ended == nil { own.status = .running }
            }
            try own.write(to: folder)
        }
    }

    /// Copies a module that was required after the manifest was written, before it runs.
    /// - Throws: `FileError` or `RunFolderError` when it cannot be written.
    func keep(_ module: LuaModules.LoadedFile, in folder: RunFolder) throws {
        for folder in targets(folder) where !FileManager.default.fileExists(atPath: folder.file(copyName(of: module))) {
            try folder.write(module.bytes, to: copyName(of: module))
        }
    }

    /// Where the folder of a run has its copy.
    private func copyName(of module: LuaModules.LoadedFile) -> String {
        "\(RunFolder.scriptFolderName)/\(module.name.split(separator: ".").joined(separator: "/")).lua"
    }

    /// The folders that hold the script of a seed's run.
    private func targets(_ folder: RunFolder) -> [RunFolder] {
        options.seeds.count > 1 ? [top, folder].compactMap { $0 } : [folder]
    }

    /// Copies what a reward or a callback has required or read since the manifest was written: a run must be repeatable from
    /// its folder alone.
    func keepLateFiles(_ manifest: inout Manifest, of session: ScriptSession, in folder: RunFolder) throws {
        let isPolicyMissing = session.context.policiesBeside.contains {
            !FileManager.default.fileExists(atPath: folder.file("\(RunFolder.scriptFolderName)/\($0.name)"))
        }
        guard isPolicyMissing || session.loadedFiles.count > manifest.modules.count else { return }
        let (status, ended) = (manifest.status, manifest.ended)
        // The run over all seeds goes on.
        (manifest.status, manifest.ended) = (.running, nil)
        try write(&manifest, of: session, to: folder)
        (manifest.status, manifest.ended) = (status, ended)
        try manifest.write(to: folder)
    }

    /// What the manifest of a run of several seeds is to say now.
    func manifest(
        of top: RunFolder, status: Manifest.Status, task: String? = nil, reason: String? = nil
    ) throws -> Manifest {
        var manifest = try Manifest.read(from: top.path)
        manifest.status = status
        if let task { manifest.task = task }
        manifest.reason = reason
        manifest.ended = .end(of: manifest.started)
        return manifest
    }
}
