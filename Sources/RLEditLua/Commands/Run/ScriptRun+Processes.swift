internal import RLEditCore
internal import RLEditRuns
internal import RLEditTensor

/// The part of a run of several processes that the others do beside process 0: they neither print nor write.
extension ScriptRun {
    /// Runs the loop of a seed beside process 0, which measures and writes what it comes to.
    /// - Returns: nil when the script returned no task.
    func follow(seed: Int) throws -> SeedRun? {
        // Process 0 keeps what the script saves. Here it is removed at the end of the run.
        let output = TemporaryOutput(folder: options.reserved.map { "\($0.path)/.saved" })
        let session = try host.open(seed: seed)
        defer {
            session.close()
            output.remove()
        }
        session.context.outputFolder = { try output.path() }
        guard let task = try host.load(script, in: session) else { return nil }
        var manifest = makeManifest(seed, task: task, context: session.context)
        let checkpoint = try resumed.flatMap { try lastCheckpoint(in: seedFolder(seed, of: $0.folder)) }
        try host.pool.processes?.agree(on: facts(of: manifest, checkpoint))
        let run = try task.makeRun(seed: seed, pool: host.pool)
        if let checkpoint { try run.loop.restore(checkpoint) }
        let reason = try run.loop.run()
        manifest.status = .finished
        return SeedRun(
            manifest: manifest,
            end: reason == .interrupted ? .interrupted : reason == .timeLimit ? .timeLimit : .finished)
    }

    /// Where a seed's checkpoints are. This process only reads them.
    private func seedFolder(_ seed: Int, of folder: RunFolder) throws -> RunFolder {
        guard options.seeds.count > 1 else { return folder }
        return try RunFolder.open("\(folder.path)/seed-\(seed)", isReadOnly: true)
    }

    /// What has to be equal in all processes of a run.
    func facts(of manifest: Manifest, _ checkpoint: Checkpoint?) -> [(name: String, text: String)] {
        [
            ("version", JSONValue.object(manifest.versions).text), ("set of numeric kernels", manifest.numericKernels),
            ("script", manifest.script.hash), ("command line", JSONValue.object(manifest.options).text),
            ("task", JSONValue.object(manifest.configuration).text),
            ("data", manifest.data.map { "\($0)" }.joined(separator: "\n")),
            ("sets", manifest.sets.map { "\($0.name) \($0.hash)" }.joined(separator: "\n")),
            ("checkpoint", checkpoint.map { "\($0.evaluations)" } ?? "none"),
        ]
    }
}
