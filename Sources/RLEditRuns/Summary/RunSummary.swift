public import RLEditCore

/// Measures of one held-out set: of the unedited model, of the run's results, and of models to compare with.
public struct HeldOutResult: Sendable, Equatable {
    public var set: String
    /// Measures by stage, each in the order to show; NaN is an undefined one.
    public var stages: StageValues<[NamedNumber]>
    /// The reward's set from which the threshold of `error_difference_at_eer` was taken; nil when it was this set itself.
    public var thresholdSet: String?

    public init(set: String, stages: StageValues<[NamedNumber]> = .init(), thresholdSet: String? = nil) {
        self.set = set
        self.stages = stages
        self.thresholdSet = thresholdSet
    }

    public init(set: String, before: [NamedNumber], meanPolicy: [NamedNumber]?, bestSeen: [NamedNumber]?) {
        self.init(set: set)
        stages[.before] = before
        stages[.meanPolicy] = meanPolicy
        stages[.bestSeen] = bestSeen
    }

    public subscript(stage: Stage) -> [NamedNumber]? {
        get { stages[stage] }
        set { stages[stage] = newValue }
    }
}

/// Accuracy on the examples of one class, in [0, 1], of the held-out set with the most classes that has it.
public struct ClassResult: Sendable, Equatable {
    /// The name of the class; its number where it has none.
    public var label: String
    public var examples: Int
    public var stages: StageValues<Double>
    /// Whether the class makes up a held-out set by itself; it is marked in the report.
    public var isTarget: Bool

    public init(label: String, examples: Int, stages: StageValues<Double> = .init(), isTarget: Bool = false) {
        self.label = label
        self.examples = examples
        self.stages = stages
        self.isTarget = isTarget
    }

    public init(
        label: String, examples: Int, before: Double, meanPolicy: Double?, bestSeen: Double?, isTarget: Bool = false
    ) {
        self.init(label: label, examples: examples, isTarget: isTarget)
        stages[.before] = before
        stages[.meanPolicy] = meanPolicy
        stages[.bestSeen] = bestSeen
    }

    public subscript(stage: Stage) -> Double? { stages[stage] }
}

/// Measures of one group of a held-out set.
public struct GroupResult: Sendable, Equatable {
    public var set: String
    public var group: String
    public var examples: Int
    /// Measures by stage, each in the order to show; NaN is an undefined one.
    public var stages: StageValues<[NamedNumber]>

    public init(set: String, group: String, examples: Int, stages: StageValues<[NamedNumber]> = .init()) {
        self.set = set
        self.group = group
        self.examples = examples
        self.stages = stages
    }

    /// nil when it was not measured; NaN when it is undefined.
    public func value(_ measure: String, _ stage: Stage) -> Double? {
        stages[stage]?[measure]
    }
}

/// The results of one seed's run.
public struct SeedResult: Sendable, Equatable {
    public var seed: Int
    /// Candidates evaluated.
    public var evaluations: Int
    /// Candidates until the reward first reached the task's target; nil when it did not, or there is none.
    public var evaluationsToTarget: Int?
    /// Best reward of a candidate; nil when none was evaluated.
    public var bestReward: Double?
    /// Wall-clock seconds of this seed.
    public var seconds: Double
    /// Empty for an environment without sets.
    public var heldOut: [HeldOutResult]
    /// Empty when the held-out sets have no classes.
    public var classes: [ClassResult]
    /// Empty when no held-out set has groups.
    public var groups: [GroupResult]
    /// What the models that the run is compared with cost.
    public var costs: StageValues<ModelCost>
    /// Candidates without a valid reward, each counted as the worst so far.
    public var invalidRewards: Int
    /// For each held-out set of one class, that class as `group` and, by stage, the share of its examples that is called
    /// each class.
    public var answers: [GroupResult] = []
    /// Why the run ended before its budget was spent; nil when it did not.
    public var ended: EarlyEnd?
    /// What the run has shown of its task, a sentence each; they join the warnings of the summary.
    public var findings: [String] = []
    /// SHA-256 of the unedited model's parameters; nil where it is not known, or there are many models.
    public var model: String?
    /// What the reward read of its sets, as `<set>.<measure>`, of the unedited model.
    public var unedited: [NamedNumber] = []

    public init(
        seed: Int, evaluations: Int, evaluationsToTarget: Int? = nil, bestReward: Double? = nil, seconds: Double,
        heldOut: [HeldOutResult], classes: [ClassResult] = [], groups: [GroupResult] = [],
        costs: StageValues<ModelCost> = .init(), invalidRewards: Int = 0
    ) {
        self.seed = seed
        self.evaluations = evaluations
        self.evaluationsToTarget = evaluationsToTarget
        self.bestReward = bestReward
        self.seconds = seconds
        self.heldOut = heldOut
        self.classes = classes
        self.groups = groups
        self.costs = costs
        self.invalidRewards = invalidRewards
    }
}

/// The results of a run: the object of `--json`, and with more detail `summary.json`.
public struct RunSummary: Sendable, Equatable {
    public struct Data: Sendable, Equatable {
        public var name: String
        /// SHA-256 in hexadecimal.
        public var hash: String
        public init(name: String, hash: String) {
            self.name = name
            self.hash = hash
        }
    }

    public var task: String
    /// The run folder as the user can open it.
    public var run: String
    public var world: String
    public var learner: String
    /// Wall-clock seconds of the whole run.
    public var seconds: Double
    /// nil for an environment without data.
    public var data: Data?
    /// In the order they were run.
    public var seeds: [SeedResult]
    /// What is odd about the task's sets, a sentence each.
    public var warnings: [String] = []

    public init(
        task: String, run: String, world: String, learner: String, seconds: Double, data: Data?, seeds: [SeedResult]
    ) {
        self.task = task
        self.run = run
        self.world = world
        self.learner = learner
        self.seconds = seconds
        self.data = data
        self.seeds = seeds
    }
}

/// Mean and population standard deviation over seeds.
public struct Spread: Sendable, Equatable {
    public var mean: Double
    public var standardDeviation: Double

    /// NaN for no values; numbers that are not finite make the result NaN, never silently left out.
    public init(_ values: [Double]) {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        self.mean = mean
        standardDeviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    }
}

extension RunSummary {
    /// One measure of one set over the seeds that have it.
    public struct Row: Sendable, Equatable {
        public let set: String
        public let measure: String
        public let spreads: [Stage: Spread]
    }

    /// Every set and measure, in the order in which they first appear.
    public var rows: [Row] {
        let stages = stages
        let results = seeds.flatMap(\.heldOut)
        // Sets may first appear in different seeds: each set's measures stay together.
        let bySet = Dictionary(grouping: results, by: \.set)
        return results.map(\.set).unique.flatMap { set -> [Row] in
            let own = bySet[set] ?? []
            let measures = own.flatMap { $0.stages.entries.flatMap(\.value).map(\.name) }.unique
            return measures.map { measure in
                var spreads: [Stage: Spread] = [:]
                for stage in stages {
                    let values = own.compactMap { $0[stage]?[measure] }
                    if !values.isEmpty { spreads[stage] = Spread(values) }
                }
                return Row(set: set, measure: measure, spreads: spreads)
            }
        }
    }

    /// Stages that at least one result has, in the order in which they first appear.
    public var stages: [Stage] {
        seeds.flatMap(\.heldOut).flatMap(\.stages.stages).unique
    }

    /// The stage that is the result: the mean policy's, or the best seen.
    var resultStage: Stage { stages.contains(.meanPolicy) ? .meanPolicy : .bestSeen }
}

extension Sequence where Element: Hashable {
    /// Each element once, in the order in which they first appear.
    var unique: [Element] {
        var known: Set<Element> = []
        return filter { known.insert($0).inserted }
    }
}
