internal import RLEditCore

/// Several methods on one task over the same seeds: the result of `rledit-lua compare`.
public struct Comparison: Sendable, Equatable {
    /// The control: the task's search over an offset of each score, and no other edit.
    package static let control = "logit_bias"

    /// One method with the cells it has, ascending by seed.
    public struct Method: Sendable, Equatable {
        public let name: String
        public let kind: ComparisonCell.Kind
        public let cells: [ComparisonCell]

        /// - Parameter cells: at least one; failed ones are left out of the results.
        public init(name: String, kind: ComparisonCell.Kind, cells: [ComparisonCell]) {
            self.name = name
            self.kind = kind
            self.cells = cells.sorted { $0.seed < $1.seed }
        }

        /// Its results by stage; the first counts when methods are compared.
        var stages: [Stage] { cells.flatMap(\.stages).unique }

        var resultStage: Stage? { stages.first }

        /// What tables call a result of the method.
        func title(_ stage: Stage) -> String { kind == .learner ? "\(name), \(stage.title)" : name }
    }

    /// Something that a method could not do, and why.
    public struct Gap: Sendable, Equatable {
        public let method: String
        /// nil when it holds for the method whatever the seed.
        public let seed: Int?
        public let reason: String

        public init(method: String, seed: Int?, reason: String) {
            self.method = method
            self.seed = seed
            self.reason = reason
        }
    }

    public var task: String
    /// The folder.
    public var run: String
    public var world: String
    /// Wall-clock seconds of this call; remembered cells took theirs before.
    public var seconds: Double
    public var data: RunSummary.Data?
    public var methods: [Method]
    /// Methods that the task has no sets for.
    public var skipped: [Gap] = []
    public var failed: [Gap] = []
    /// Walls of the sandbox that were active in this call, as in ``Manifest/walls``.
    public var walls: [String] = []
    /// The shell command that makes the comparison again.
    public var command = ""
    /// The method that the others are compared with.
    public var reference: String

    public init(
        task: String, run: String, world: String, seconds: Double, data: RunSummary.Data?, methods: [Method],
        reference: String
    ) {
        self.task = task
        self.run = run
        self.world = world
        self.seconds = seconds
        self.data = data
        self.methods = methods
        self.reference = reference
    }

    /// What is odd about the task's sets, a sentence each, as the cells say it.
    var warnings: [String] { methods.flatMap(\.cells).flatMap(\.warnings).unique }

    var seeds: [Int] { Array(Set(methods.flatMap(\.cells).map(\.seed))).sorted() }

    /// Held-out measures as `<set>.<measure>`, in the order in which they first appear.
    var measures: [String] { methods.flatMap(\.cells).flatMap { $0.measures(.before).map(\.name) }.unique }

    /// Measures of depth, in order; empty when none was measured.
    var depthMeasures: [String] { methods.flatMap(\.cells).flatMap { ($0.depth ?? []).map(\.name) }.unique }

    // MARK: - Rows

    /// One line of the table: a result of a method over its seeds.
    struct Row {
        let title: String
        /// nil for the unedited network.
        let method: Method?
        let stage: Stage
        /// By measure.
        let measures: [String: Spread]
        let depth: [String: Spread]
        let cost: (evaluations: Spread, toTarget: Spread?, kfe: Spread, seconds: Spread, peak: Spread?)?
    }

    /// The unedited network, then each method with its results; the mean policy and the best seen both.
    var rows: [Row] {
        // Every cell of a seed measured the same unedited network.
        let unedited = seeds.compactMap { seed in methods.flatMap(\.cells).first { $0.seed == seed } }
        var rows: [Row] = []
        if !measures.isEmpty {
            rows.append(
                Row(
                    title: "unedited", method: nil, stage: .before, measures: Comparison.spreads(unedited, .before),
                    depth: [:], cost: nil))
        }
        for method in methods {
            let stages = method.stages.isEmpty ? [.bestSeen] : method.stages
            for stage in stages {
                let isResult = stage == stages.first
                rows.append(
                    Row(
                        title: method.title(stage), method: method, stage: stage,
                        measures: Comparison.spreads(method.cells, stage),
                        depth: isResult ? Comparison.depth(method.cells) : [:],
                        cost: isResult ? Comparison.cost(method.cells) : nil))
            }
        }
        return rows
    }

    private static func spreads(_ cells: [ComparisonCell], _ stage: Stage) -> [String: Spread] {
        spreads(cells.flatMap { $0.measures(stage) })
    }

    private static func depth(_ cells: [ComparisonCell]) -> [String: Spread] {
        spreads(cells.flatMap { $0.depth ?? [] })
    }

    private static func spreads(_ numbers: [NamedNumber]) -> [String: Spread] {
        Dictionary(grouping: numbers, by: \.name).mapValues { Spread($0.map(\.value)) }
    }

    private static func cost(
        _ cells: [ComparisonCell]
    ) -> (evaluations: Spread, toTarget: Spread?, kfe: Spread, seconds: Spread, peak: Spread?) {
        let reached = cells.compactMap { $0.result.evaluationsToTarget.map(Double.init) }
        let peaks = cells.compactMap(\.cost.peakMegabytes)
        return (
            Spread(cells.map { Double($0.result.evaluations) }), reached.isEmpty ? nil : Spread(reached),
            Spread(cells.map(\.cost.kfe)), Spread(cells.map(\.cost.seconds)), peaks.isEmpty ? nil : Spread(peaks)
        )
    }

    // MARK: - Differences

    /// The paired difference of a method to the reference in a held-out measure, over the seeds that both have; nil where
    /// there is none, and for the reference itself.
    func difference(_ method: Method, _ measure: String) -> PairedDifference? {
        guard method.name != reference, let other = methods.first(where: { $0.name == reference }),
            let (mine, theirs) = method.resultStage.flatMap({ mine in other.resultStage.map { (mine, $0) } })
        else { return nil }
        func value(_ cell: ComparisonCell, _ stage: Stage) -> Double? {
            cell.measures(stage)[measure]
        }
        let differences = method.cells.compactMap { cell -> Double? in
            guard let partner = other.cells.first(where: { $0.seed == cell.seed }), let left = value(cell, mine),
                let right = value(partner, theirs)
            else { return nil }
            return left - right
        }
        return PairedDifference(differences, name: "\(method.name) − \(reference): \(measure)")
    }
}
