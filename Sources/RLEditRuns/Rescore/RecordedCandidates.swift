package import RLEditCore

/// The candidates of one seed of a run, as far as the run recorded them: rewards and the measures that its reward read.
package struct RecordedCandidates: Sendable {
    package let seed: Int
    package let table: CandidateTable
    /// The same measures of the unedited model, as `<set>.<measure>`.
    package let unedited: [NamedNumber]
    /// The sets that the reward was given, with their numbers of examples.
    package let sets: [(name: String, examples: Int)]

    package init(seed: Int, table: CandidateTable, unedited: [NamedNumber], sets: [(name: String, examples: Int)]) {
        self.seed = seed
        self.table = table
        self.unedited = unedited
        self.sets = sets
    }

    /// The candidates of each seed of a run.
    /// - Throws: `RunFolderError` for a folder without a run or with one that recorded none, `FileError`, `JSONReadError`,
    ///   `ManifestError`.
    package static func read(run folder: String) throws -> [RecordedCandidates] {
        let top = try RunListing.Run(folder)
        return try RunResults.prefixes(of: top.manifest).compactMap { prefix in
            let folder = "\(folder)/\(prefix)"
            let path = folder + (prefix.isEmpty ? "/" : "") + RunFolder.candidatesName
            guard FileSystem.status(of: path) != nil else { return nil }
            let run = prefix.isEmpty ? top : try RunListing.Run(folder)
            return RecordedCandidates(
                seed: run.manifest.seed ?? 0, table: try CandidateTable.read(path),
                unedited: run.summary?.seeds.first?.unedited ?? [],
                sets: run.manifest.sets.filter { !$0.heldOut }.map { ($0.name, $0.examples) })
        }.nonEmpty(
            else: RunFolderError.notARun(
                path: folder, reason: "it has no \(RunFolder.candidatesName): its run recorded no candidate"))
    }
}

extension Array {
    /// - Throws: `error` when there is nothing.
    fileprivate func nonEmpty(else error: @autoclosure () -> any Error) throws -> [Element] {
        if isEmpty { throw error() }
        return self
    }
}
