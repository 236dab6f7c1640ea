public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor
public import RLEditWorlds

/// The results of a finished loop: its edits, applied to copies of the model and measured on sets that no reward saw.
public struct RunOutcome {
    /// The edit of the mean policy; nil for a learner without one.
    public let meanPolicy: [LayerEdit]?
    /// The best edit seen; nil when nothing was evaluated.
    public let bestSeen: [LayerEdit]?
    /// What the models to compare with cost, as far as they say.
    public private(set) var costs = StageValues<ModelCost>()
    /// nil without held-out sets.
    private var measurement: HeldOutMeasurement?
    /// SHA-256 of the unedited network's parameters: seeds with the same one edit the same network.
    public let model: String
    /// What the reward read of its sets, as `<set>.<measure>`, of the unedited network.
    public let unedited: [NamedNumber]
    /// Where the result's measures on the reward's sets and on held-out ones go different ways, in a sentence; nil where
    /// they do not.
    public private(set) var parting: String?
    private var heldOutEvaluator: Evaluator?
    private let trained: Evaluator
    private let pool: WorkerPool

    /// Measures of the held-out sets: the unedited model's, then those of the run's edits and of models added since.
    public var heldOut: [HeldOutResult] { measurement?.results ?? [] }
    /// Accuracy of each class on the held-out set with the most classes that has it, ascending by label.
    public var classes: [ClassResult] { measurement?.classes ?? [] }
    /// Measures of the groups of held-out sets.
    public var groups: [GroupResult] { measurement?.groups ?? [] }
    /// For each held-out set of one class, which class each share of its examples is called.
    public var answers: [GroupResult] { measurement?.answers ?? [] }

    /// Why measures of held-out sets are undefined, each told once.
    public var undefinedMeasures: [String] { measurement?.undefined ?? [] }

    /// - Parameter isBestOnly: true for a loop that ended with an error: what its learner would do now is nobody's result.
    /// - Throws: ``WorldError`` when a held-out set does not fit the network, or what the reward throws.
    public init(of loop: EditLoop, pool: WorkerPool, isBestOnly: Bool = false) throws {
        try self.init(
            source: loop.environment.source, meanPolicy: isBestOnly ? nil : try loop.meanPolicyEdit(),
            bestSeen: loop.best?.edits, heldOut: loop.task.heldOut, measures: loop.task.measures, pool: pool)
        for model in loop.task.compared { try add(Stage(model.name), network: model.network) }
        costs = StageValues(loop.task.compared.compactMap { model in model.cost.map { (Stage(model.name), $0) } })
    }

    /// The outcome of a problem on which nothing learns: measures of its unedited network, beside which others are
    /// measured.
    /// - Parameter measures: as in ``EditTask``.
    /// - Throws: ``WorldError`` when a set does not fit the network.
    public init(
        unedited problem: EditProblem, heldOut: [NamedSet], measures: [String: [SetMetric]], pool: WorkerPool
    ) throws {
        try self.init(
            source: MetricSource(evaluator: try problem.makeEvaluator(pool: pool)), meanPolicy: nil, bestSeen: nil,
            heldOut: heldOut, measures: measures, pool: pool)
    }

    private init(
        source: MetricSource, meanPolicy: [LayerEdit]?, bestSeen: [LayerEdit]?, heldOut: [NamedSet],
        measures: [String: [SetMetric]], pool: WorkerPool
    ) throws {
        self.meanPolicy = meanPolicy
        self.bestSeen = bestSeen
        trained = source.evaluator
        self.pool = pool
        model = trained.network.parameterHash
        unedited = try source.read(of: source.base())
        guard !heldOut.isEmpty else { return }
        let classes = trained.classes
        var measurement = HeldOutMeasurement(
            sets: heldOut,
            measures: heldOut.map { measures[$0.name] ?? EditTask.defaultMeasures(of: $0, classes: classes) },
            rewardSets: trained.sets, classes: classes)
        // Unedited first, then those edits that there are.
        var stages: [(stage: Stage, edits: [LayerEdit])] = [(.before, trained.layers.map { _ in .unchanged })]
        if let meanPolicy { stages.append((.meanPolicy, meanPolicy)) }
        if let bestSeen { stages.append((.bestSeen, bestSeen)) }
        let evaluator = try evaluator(of: trained.network, heldOut)
        try measurement.add(stages, on: evaluator, tuning: trained)
        heldOutEvaluator = evaluator
        self.measurement = measurement
        if let result = stages.dropFirst().first {
            parting = RunFindings.parting(
                unedited: unedited, edited: try source.read(of: source.evaluate([result.edits])),
                heldOut: measurement.results, stage: result.stage)
        }
    }

    /// Measures another network beside the run's results, for example that of a baseline. It may be of another
    /// architecture.
    /// - Throws: ``WorldError`` when a set does not fit it.
    public mutating func add(_ stage: Stage, network: Network) throws {
        guard var measurement else { return }
        let evaluator = try evaluator(of: network, measurement.sets)
        try measurement.add(
            [(stage, evaluator.layers.map { _ in .unchanged })], on: evaluator,
            tuning: try self.evaluator(of: network, trained.sets))
        self.measurement = measurement
    }

    /// The held-out examples whose answer an edit of the run changed most, set by set.
    /// - Throws: ``WorldError`` for an edit of other layers.
    public func changedAnswers(by edits: [LayerEdit]) throws -> [ChangedAnswers] {
        guard let heldOutEvaluator else { return [] }
        return try ChangedAnswers.find(by: edits, on: heldOutEvaluator)
    }

    /// An evaluator like the run's own: where a network is cut decides in which order its products are summed, and equal
    /// weights are to score the same to the bit. A network that lacks the run's layers is measured as it is.
    private func evaluator(of network: Network, _ sets: [NamedSet]) throws -> Evaluator {
        let editable = network.editableLayers
        let isAlike = trained.layers.allSatisfy { layer in
            editable.contains(layer.name) && layer.biasName.map { network.parameter($0) != nil } ?? true
        }
        guard isAlike else { return try Evaluator(unedited: network, sets: sets, pool: pool) }
        return try Evaluator(
            network: network, layers: trained.layers.map(\.name),
            includingBias: trained.layers.contains(where: \.includesBias), sets: sets,
            prefixLimit: trained.prefixLimit, pool: pool)
    }
}

extension Network {
    /// SHA-256 over the names, shapes and values of all parameters.
    fileprivate var parameterHash: String {
        var hasher = SHA256Digest.Hasher()
        for name in parameterNames {
            guard let value = parameter(name) else { continue }
            hasher.update("\(name)\n\(value.shape)\n")
            value.withUnsafeBufferPointer { hasher.update(UnsafeRawBufferPointer($0)) }
        }
        return hasher.finish()
    }
}

extension MetricSource {
    /// The measures that the reward has read by now, of a batch's first candidate; undefined ones are left out.
    fileprivate func read(of batch: EvaluationBatch) throws -> [NamedNumber] {
        try evaluator.sets.indices.flatMap { set in
            try SetMetric.allCases.filter { selection.contains($0, set: set) }.compactMap { metric in
                do {
                    return NamedNumber(
                        "\(evaluator.sets[set].name).\(metric.name)", try batch.value(metric, candidate: 0, set: set))
                } catch WorldError.undefinedMetric {
                    return nil
                }
            }
        }
    }
}
