internal import RLEditCore

/// Everything `report.html` shows. Parts that a run does not have stay empty, and their sections are left out.
public struct Report: Sendable, Equatable {
    /// What one seed's run left.
    public struct Seed: Sendable, Equatable {
        public var seed: Int
        public var updates: [UpdateRecord]
        /// Evaluations a second from the first update to the last; nil where the run did not note the time.
        public var rate: Double?
        public var candidates: CandidateTable?
        /// How the saved edit changed each layer.
        public var edits: [EditMap] = []
        /// The results of training a policy on many networks; nil for other runs.
        public var transfer: Transfer?
        /// Held-out examples that the saved edit gave another answer; nil when the folder holds none.
        public var changes: ChangedAnswers.File?

        public init(seed: Int, updates: [UpdateRecord]) {
            self.seed = seed
            self.updates = updates
        }
    }

    public var manifest: Manifest
    public var summary: RunSummary
    public var seeds: [Seed]

    public init(manifest: Manifest, summary: RunSummary, seeds: [Seed]) {
        self.manifest = manifest
        self.summary = summary
        self.seeds = seeds
    }

    /// The whole document: one file that needs nothing else, neither a network nor a program.
    public var html: String {
        Markup.document(
            title: "\(summary.task) – rledit report",
            [
                header, outcome, learning, transfer, tradeOff, terms, classes,
                Report.answers(summary.seeds.map(\.answers)),
                examples, groups, edits, cost, provenance, Glossary.section,
            ])
    }

    // MARK: - Reading

    /// The report of a run, made from what lies in its folder: the same at the end of the run as years later.
    /// - Parameter manifest: what the folder's manifest will say; nil when it says so already.
    /// - Throws: ``FileError``, ``JSONReadError`` or ``ManifestError`` for a folder without a manifest or a summary.
    ///   Other files may be missing; their parts are then left out.
    public static func read(fromRun path: String, manifest: Manifest? = nil) throws -> Report {
        let manifest = try manifest ?? Manifest.read(from: path)
        let summaryPath = "\(path)/\(RunFolder.summaryName)"
        guard let summary = RunSummary(json: try JSONValue(parsing: FileSystem.read(summaryPath))) else {
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
        var seed = Seed(seed: number, updates: (try? UpdateRecord.read("\(path)/\(RunFolder.metricsName)")) ?? [])
        seed.rate = UpdateRecord.rate(seed.updates, timing: "\(path)/\(RunFolder.timingName)")
        seed.candidates = try? CandidateTable.read("\(path)/\(RunFolder.candidatesName)")
        seed.edits = (try? Delta.read("\(path)/\(RunFolder.deltaName)").layers.compactMap { try $0.map() }) ?? []
        seed.transfer = Transfer.read(path)
        seed.changes = ChangedAnswers.read("\(path)/\(RunFolder.examplesName)")
        return seed
    }

    // MARK: - Shared by the sections

    var isSpread: Bool { summary.seeds.count > 1 }

    /// The edit that the run saved, which the report calls the result.
    var resultStage: Stage { manifest.resultStage(of: summary) }

    /// What figures of one seed show: the first that has it. The note says which that is, where there are several.
    func shown<Part>(_ part: (Seed) -> Part?) -> (part: Part, seed: Int, note: String)? {
        for seed in seeds {
            guard let part = part(seed) else { continue }
            return (part, seed.seed, seeds.count > 1 ? " Shown is seed \(seed.seed)." : "")
        }
        return nil
    }

    /// What is known of the models of several seeds, as the end of a phrase that counts the seeds.
    static func modelNote(_ models: [String?]) -> String {
        let known = models.compactMap { $0 }
        guard models.count > 1, known.count == models.count else { return "" }
        switch Set(known).count {
        case 1: return ", all of which edit the same model"
        case models.count: return ", each with a model of its own"
        default: return ", with \(Set(known).count) different models"
        }
    }
}
