public import RLEditNN
public import RLEditTensor
public import RLEditWorlds

/// What a finished loop came to: its edits, applied to copies of the model and measured on sets that no reward saw.
public struct RunOutcome {
    /// The edit of the mean policy; nil for a learner without one.
    public let meanPolicy: [LayerEdit]?
    /// The best edit seen; nil when nothing was evaluated.
    public let bestSeen: [LayerEdit]?
    /// nil without held-out sets.
    private var measurement: HeldOutMeasurement?
    private let trained: Evaluator
    private let pool: WorkerPool

    /// Measures of the held-out sets: the unedited model's, then those of the run's edits and of models added since.
    public var heldOut: [HeldOutResult] { measurement?.results ?? [] }
    /// Accuracy of each class over all held-out examples, ascending by label.
    public var classes: [ClassResult] { measurement?.classes ?? [] }
    /// Measures of the groups of held-out sets.
    public var groups: [GroupResult] { measurement?.groups ?? [] }

    /// Why measures of held-out sets are undefined, each told once.
    public var undefinedMeasures: [String] { measurement?.undefined ?? [] }

    /// - Throws: ``WorldError`` when a held-out set does not fit the network.
    public init(of loop: EditLoop, pool: WorkerPool) throws {
        meanPolicy = try loop.meanPolicyEdit()
        bestSeen = loop.best?.edits
        trained = loop.environment.evaluator
        self.pool = pool
        let task = loop.task
        guard !task.heldOut.isEmpty else { return }
        var measurement = HeldOutMeasurement(
            sets: task.heldOut,
            measures: task.heldOut.map {
                task.measures[$0.name] ?? EditTask.defaultMeasures(of: $0, classes: loop.environment.evaluator.classes)
            }, rewardSets: trained.sets, classes: trained.classes)
        // Unedited first, then those edits that there are.
        var stages: [(stage: Stage, edits: [LayerEdit])] = [(.before, trained.layers.map { _ in .unchanged })]
        if let meanPolicy { stages.append((.meanPolicy, meanPolicy)) }
        if let bestSeen { stages.append((.bestSeen, bestSeen)) }
        try measurement.add(stages, on: try evaluator(of: trained.network, task.heldOut), tuning: trained)
        self.measurement = measurement
    }

    /// Measures another network beside the run's results, for example that of a baseline.
    /// - Throws: ``WorldError`` when it does not have the edited layers, or a set does not fit it.
    public mutating func add(_ stage: Stage, network: Network) throws {
        guard var measurement else { return }
        let edits = trained.layers.map { _ in LayerEdit.unchanged }
        try measurement.add(
            [(stage, edits)], on: try evaluator(of: network, measurement.sets),
            tuning: try evaluator(of: network, trained.sets))
        self.measurement = measurement
    }

    private func evaluator(of network: Network, _ sets: [NamedSet]) throws -> Evaluator {
        try Evaluator(network: network, layers: trained.layers.map(\.name), sets: sets, pool: pool)
    }
}
