internal import RLEditCore

extension Report {
    /// The report of a run, made from what lies in its folder: the same at the end of the run as years later.
    /// - Throws: ``FileError``, ``JSONReadError`` or ``ManifestError`` for a folder without a manifest or a summary.
    ///   Other files may be missing; their parts are then left out.
    public static func read(fromRun path: String) throws -> Report {
        let manifest = try Manifest.read(from: path)
        let summaryPath = "\(path)/\(RunFolder.summaryName)"
        let json = try JSONValue(parsing: FileSystem.read(summaryPath))
        guard let summary = RunSummary(json: json) else {
            throw DamagedFileError.notThisKind(path: summaryPath, kind: "run summary")
        }
        let folders = try RunFolder.seeds(in: path)
        let seeds =
            folders.isEmpty
            ? [seed(summary.seeds.first?.seed ?? manifest.seed ?? 0, in: path)]
            : folders.map { seed($0, in: "\(path)/seed-\($0)") }
        return Report(manifest: manifest, summary: summary, seeds: seeds)
    }

    private static func seed(_ number: Int, in path: String) -> Seed {
        Seed(
            seed: number, updates: (try? UpdateRecord.read("\(path)/\(RunFolder.metricsName)")) ?? [],
            candidates: try? CandidateTable.read("\(path)/\(RunFolder.candidatesName)"),
            edits: (try? Delta.read("\(path)/\(RunFolder.deltaName)").layers.compactMap { try $0.map() }) ?? [],
            transfer: Transfer.read(path),
            changes: ChangedAnswers.read("\(path)/\(RunFolder.examplesName)").map { Seed.Changes(stage: $0, sets: $1) })
    }
}
