/// Measures of one held-out set before the edit and after it.
public struct HeldOutResult: Sendable, Equatable {
    public var set: String
    /// Of the unedited model, in the order to show.
    public var before: [NamedNumber]
    /// Of the mean policy's edit; nil for a learner without a mean policy.
    public var meanPolicy: [NamedNumber]?
    /// Of the best edit seen on the reward sets.
    public var bestSeen: [NamedNumber]?

    public init(set: String, before: [NamedNumber], meanPolicy: [NamedNumber]?, bestSeen: [NamedNumber]?) {
        self.set = set
        self.before = before
        self.meanPolicy = meanPolicy
        self.bestSeen = bestSeen
    }
}

/// Accuracy on the held-out examples of one class, in [0, 1].
public struct ClassResult: Sendable, Equatable {
    /// The label as in the data.
    public var label: String
    public var examples: Int
    public var before: Double
    public var meanPolicy: Double?
    public var bestSeen: Double?
    /// Whether the class belongs to the set that the task wants changed; it is marked in the report.
    public var isTarget: Bool

    public init(
        label: String, examples: Int, before: Double, meanPolicy: Double?, bestSeen: Double?, isTarget: Bool = false
    ) {
        self.label = label
        self.examples = examples
        self.before = before
        self.meanPolicy = meanPolicy
        self.bestSeen = bestSeen
        self.isTarget = isTarget
    }
}

/// What one seed's run came to.
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

    public init(
        seed: Int, evaluations: Int, evaluationsToTarget: Int? = nil, bestReward: Double? = nil, seconds: Double,
        heldOut: [HeldOutResult], classes: [ClassResult] = []
    ) {
        self.seed = seed
        self.evaluations = evaluations
        self.evaluationsToTarget = evaluationsToTarget
        self.bestReward = bestReward
        self.seconds = seconds
        self.heldOut = heldOut
        self.classes = classes
    }
}

/// What a run came to: the object of `--json`, and with more detail `summary.json`.
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

/// The model whose measures are shown.
public enum Stage: String, Sendable, CaseIterable {
    case before
    case meanPolicy = "mean_policy"
    case bestSeen = "best_seen"

    /// As a column's title.
    public var title: String {
        switch self {
        case .before: "before"
        case .meanPolicy: "mean policy"
        case .bestSeen: "best seen"
        }
    }
}

extension HeldOutResult {
    public subscript(stage: Stage) -> [NamedNumber]? {
        switch stage {
        case .before: before
        case .meanPolicy: meanPolicy
        case .bestSeen: bestSeen
        }
    }
}

extension ClassResult {
    public subscript(stage: Stage) -> Double? {
        switch stage {
        case .before: before
        case .meanPolicy: meanPolicy
        case .bestSeen: bestSeen
        }
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
        var names: [(set: String, measure: String)] = []
        for result in seeds.flatMap(\.heldOut) {
            for measure in Stage.allCases.flatMap({ result[$0] ?? [] }).map(\.name)
            where !names.contains(where: { $0 == (result.set, measure) }) {
                names.append((result.set, measure))
            }
        }
        // Sets may first appear in different seeds: keep each set's measures together.
        var order: [String] = []
        for name in names where !order.contains(name.set) { order.append(name.set) }
        return order.flatMap { set in
            names.filter { $0.set == set }.map { name in
                var spreads: [Stage: Spread] = [:]
                for stage in Stage.allCases {
                    let values = values(name.set, name.measure, stage)
                    if !values.isEmpty { spreads[stage] = Spread(values) }
                }
                return Row(set: name.set, measure: name.measure, spreads: spreads)
            }
        }
    }

    /// Stages that at least one result has.
    public var stages: [Stage] {
        Stage.allCases.filter { stage in seeds.contains { $0.heldOut.contains { $0[stage] != nil } } }
    }

    private func values(_ set: String, _ measure: String, _ stage: Stage) -> [Double] {
        seeds.flatMap { seed in
            seed.heldOut.filter { $0.set == set }.compactMap { result in
                result[stage]?.first { $0.name == measure }?.value
            }
        }
    }
}
