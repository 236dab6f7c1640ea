internal import RLEditCore
internal import RLEditData

/// What a run came to, as far as the same script, options and data must give it again.
public struct RunResults: Sendable {
    public let manifest: Manifest
    public let summary: RunSummary
    /// SHA-256 of the files whose bytes do not depend on the day, the folder or the clock, by name.
    let hashes: [(name: String, hash: String)]

    init(manifest: Manifest, summary: RunSummary, hashes: [(name: String, hash: String)]) {
        self.manifest = manifest
        self.summary = summary
        self.hashes = hashes
    }

    /// Those files of a run, or of one of its seeds.
    private static let files = [
        RunFolder.metricsName, RunFolder.candidatesName, TransferFiles.pairsName, TransferFiles.unitsName,
        RunFolder.editedName, RunFolder.editedONNXName, RunFolder.deltaName, RunFolder.bestSeenDeltaName,
        TransferFiles.policyName,
    ]

    /// Reads the results of a run that has ended.
    /// - Throws: ``RunFolderError`` for a folder without one, `FileError`, `JSONReadError`, ``ManifestError``.
    public init(run folder: String) throws {
        let run = try RunListing.Run(folder)
        guard run.manifest.status == .finished else { throw RunFolderError.notFinished(path: folder) }
        guard let summary = run.summary else {
            throw RunFolderError.notARun(
                path: folder, reason: "it has no \(RunFolder.summaryName), as its script returned no task")
        }
        // A folder may be a stranger's.
        for copy in ([run.manifest.script] + run.manifest.modules).map(\.copy) {
            guard PackName.isKnown(copy), PackName.fault(copy) == nil else {
                throw RunFolderError.notARun(path: folder, reason: "its manifest names the copy '\(copy)'")
            }
        }
        var hashes: [(name: String, hash: String)] = []
        for prefix in RunResults.prefixes(of: run.manifest) {
            for name in RunResults.files where FileSystem.status(of: "\(folder)/\(prefix)\(name)") != nil {
                hashes.append((prefix + name, try SHA256Digest.hex(ofFile: "\(folder)/\(prefix)\(name)")))
            }
        }
        self.init(manifest: run.manifest, summary: summary, hashes: hashes)
    }

    /// Of the names of the files that each seed has.
    static func prefixes(of manifest: Manifest) -> [String] {
        manifest.seeds.count > 1 ? manifest.seeds.map { "seed-\($0)/" } : [""]
    }
}
