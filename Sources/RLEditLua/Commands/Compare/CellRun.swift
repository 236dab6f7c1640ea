internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// One method on the task of one seed: with the loop, the budget and the held-out measures of a run.
struct CellRun {
    let task: ScriptTask
    let method: ComparedMethod
    let seed: Int
    let options: CompareOptions
    let pool: WorkerPool
    let note: (String) -> Void

    private var streamSeed: UInt64 { UInt64(bitPattern: Int64(seed)) }

    private func set(_ role: SetRole) -> ExampleSet? { task.sets.first { $0.name == role.rawValue }?.examples }

    /// Why the method does not fit the task; nil when it does.
    var gap: CompareError? {
        if case .logitBias = method.form {
            return hasOutputBias ? nil : .noOutputBias(method: method.name, layer: lastLayer)
        }
        guard case .baseline(let make, _) = method.form, brought == nil else { return nil }
        if let world = method.policyWorld, let other = UnitWorld(rawValue: task.worldName), world != other {
            return .otherWorld(method: method.name, policy: world.rawValue, task: task.worldName)
        }
        let unlearning = make(task.world.layers)
        if let refusal = unlearning.refusal(of: task.model) {
            return .unfitNetwork(method: method.name, reason: "\(refusal)")
        }
        if unlearning.editsLinearLayersOnly,
            let layer = task.world.layers.first(where: { name in
                task.model.nodeIndex(named: name).map { !(task.model.nodes[$0].layer is Linear) } ?? false
            })
        {
            return .layerNotLinear(method: method.name, layer: layer)
        }
        let needs = unlearning.needs
        let missing = [SetRole.forget, .retain].first { needs.contains($0) && set($0) == nil }
        return missing.map {
            CompareError.missingSet(method: method.name, set: $0.rawValue, known: task.sets.map(\.name))
        }
    }

    /// The task's own model of that name, from its field `baselines`: with settings and data of the script's choice.
    private var brought: ComparedModel? { task.compared.first { $0.name == method.name } }

    /// - Returns: nil when the user asked to stop.
    func result(key: String) throws -> ComparisonCell? {
        PeakMemory.reset()
        switch method.form {
        case .learner(let make):
            let budget = try method.budget ?? options.budget ?? task.learner.make().budget
            return try search(make(budget), in: task.parts, key)
        case .taskLearner: return try search(task.learner, in: task.parts, key)
        case .logitBias: return try search(task.learner, in: biasParts, key)
        case .baseline(let make, let settings): return try baseline(make(task.world.layers), settings, key)
        }
    }

    // MARK: - Learners

    private var lastLayer: String { task.model.nodes.last?.name ?? "none" }
    private var hasOutputBias: Bool {
        task.model.editableLayers.contains(lastLayer) && task.model.parameter("\(lastLayer).bias") != nil
    }

    /// The task with edits of the scores' biases alone.
    private var biasParts: TaskParts {
        var parts = task.parts
        let world = LogitBias()
        parts.world = ScriptWorld(
            world: world, layers: [lastLayer], horizon: task.world.horizon,
            settings: ["scale": .number(Double(LogitBias.scale))])
        return parts
    }

    private func search(_ learner: ScriptLearner, in parts: TaskParts, _ key: String) throws -> ComparisonCell? {
        let watcher = CellWatcher(task: task)
        let loop = try EditLoop(
            editTask(learner.make(), parts), seed: streamSeed, pool: pool,
            progress: .standardError(label: "\(method.name) seed \(seed)", quiet: options.run.isQuiet),
            delegate: watcher)
        let clock = ContinuousClock()
        let begun = clock.now
        let reason = try loop.run()
        let seconds = (clock.now - begun) / .seconds(1)
        if reason == .interrupted || reason == .timeLimit { return nil }
        try task.didEnd(loop, reason: reason)
        let passes = try Cost.search(
            of: task.model, layers: parts.world.layers, examples: task.sets.reduce(0) { $0 + $1.examples.count },
            evaluations: loop.evaluations)
        var cell = try cell(
            RunOutcome(of: loop, pool: pool), loop, key,
            ComparisonCell.Cost(kfe: passes.kfe, seconds: seconds, peakMegabytes: PeakMemory.megabytes))
        cell.settings = learner.settings
        if parts.world.world is LogitBias { cell.settings["bias_scale"] = parts.world.settings["scale"] }
        cell.improvements = watcher.improvements
        if options.measuresDepth, let edits = try loop.meanPolicyEdit() ?? loop.best?.edits {
            cell.depth = try depth(of: loop.environment.evaluator.editedNetwork(edits))
        }
        return cell
    }

    private func editTask(_ learner: any Learner, _ parts: TaskParts) throws -> EditTask {
        EditTask(
            name: task.name, problem: try task.makeProblem(parts), heldOut: task.heldOut, learner: learner,
            target: task.target, measures: task.measures)
    }

    /// - Parameter loop: what searched; nil for a baseline, which evaluates no candidates.
    private func cell(
        _ outcome: RunOutcome, _ loop: EditLoop?, _ key: String, _ cost: ComparisonCell.Cost
    ) throws -> ComparisonCell {
        for reason in outcome.undefinedMeasures { note("held out, \(reason); it is shown as –") }
        var result = SeedResult(
            seed: seed, evaluations: loop?.evaluations ?? 0, evaluationsToTarget: loop?.evaluationsToTarget,
            bestReward: loop?.best?.reward.value, seconds: cost.seconds, heldOut: outcome.heldOut,
            classes: outcome.classes, groups: outcome.groups, invalidRewards: loop?.invalidRewards ?? 0)
        (result.model, result.answers) = (outcome.model, outcome.answers)
        return ComparisonCell(
            method: method.name, kind: method.kind, key: key, task: task.name, world: task.worldName, result: result,
            cost: cost)
    }

    // MARK: - Baselines

    private func baseline(
        _ unlearning: any UnlearningMethod, _ settings: JSONObject, _ key: String
    ) throws -> ComparisonCell? {
        let network: Network
        let cost: ComparisonCell.Cost
        if let brought {
            network = brought.network
            cost = ComparisonCell.Cost(kfe: brought.cost?.kfe ?? .nan, seconds: brought.cost?.seconds ?? .nan)
        } else {
            guard let found = try run(unlearning) else { return nil }
            network = found.network
            cost = ComparisonCell.Cost(
                kfe: found.cost.kfe, seconds: found.cost.seconds, peakMegabytes: PeakMemory.megabytes)
        }
        var outcome = try RunOutcome(
            unedited: task.makeProblem(), heldOut: task.heldOut, measures: task.measures, pool: pool)
        try outcome.add(Stage(method.name), network: network)
        var cell = try cell(outcome, nil, key, cost)
        cell.settings = brought == nil ? settings : ["settings": "the task's own"]
        if options.measuresDepth { cell.depth = try depth(of: network) }
        return cell
    }

    /// - Returns: nil when the user asked to stop.
    private func run(_ unlearning: any UnlearningMethod) throws -> BaselineResult? {
        let (forget, retain) = (set(.forget), set(.retain))
        guard let some = forget ?? retain else { return nil }
        let problem = UnlearningProblem(
            network: task.model, forget: forget ?? some, retain: retain ?? some, seed: streamSeed, pool: pool)
        let remembered = RememberedBaseline(
            unlearning, network: task.model, seed: seed, forget: forget, retain: retain, task.context)
        let progress = ProgressReporter.standardError(
            label: "\(unlearning.name) seed \(seed)", quiet: options.run.isQuiet)
        defer { progress.finish() }
        let isInterrupted = task.context.isInterrupted
        do {
            let found = try remembered.result(unlearning.name) {
                try unlearning.run(problem) { share in
                    progress.update(Progress(evaluations: Int(100 * share), budget: 100))
                    return !isInterrupted()
                }
            }
            progress.update(Progress(evaluations: 100, budget: 100))
            return found
        } catch BaselineError.interrupted {
            return nil
        }
    }

    // MARK: - Depth

    /// The network retrained without the forget set: the task's own where it brings one, else one of its retain set.
    private func retrained() throws -> Network? {
        if let own = task.compared.first(where: { $0.name == Retrain().name }) { return own.network }
        return try run(Retrain())?.network
    }

    /// Empty when the task has no sets named `forget` and `retain`, both to learn from and held out.
    private func depth(of network: Network) throws -> [NamedNumber] {
        func heldOut(_ role: SetRole) -> ExampleSet? {
            task.heldOut.first { $0.name == role.rawValue }?.examples
        }
        guard let forget = set(.forget), let retain = set(.retain), let unseenForget = heldOut(.forget),
            let unseenRetain = heldOut(.retain), let layer = task.world.layers.last
        else {
            note("depth needs the sets 'forget' and 'retain', both in sets and in heldout: it is left out")
            return []
        }
        guard let reference = try retrained() else { throw BaselineError.interrupted }
        try warnOfWeakReference(reference, on: unseenRetain)
        var rates = [Relearning(), Relearning(), Relearning()]
        (rates[1].learningRate, rates[2].learningRate) = (0.003, 0.03)
        let relearning = try rates.map {
            Double(try $0.steps(network, forget: forget, test: unseenForget, seed: streamSeed, pool: pool))
        }
        return [
            NamedNumber(
                "membership_auc",
                try MembershipAUC().auc(network, members: forget, others: unseenForget, pool: pool)),
            NamedNumber(
                "membership_rate",
                try MembershipRate().rate(
                    network, examples: forget, trained: retain, untrained: unseenRetain, pool: pool)),
            NamedNumber("relearn_steps", relearning[0]),
            NamedNumber("relearn_steps_best_rate", relearning.min() ?? relearning[0]),
            NamedNumber(
                "probe_recall",
                try LinearProbe().recall(
                    network, layer: layer, train: forget.concat(retain), test: unseenForget, pool: pool)),
            NamedNumber(
                "total_variation",
                try Disagreement.totalVariation(network, reference, on: unseenForget, pool: pool)),
            NamedNumber(
                "agreement", try Disagreement.agreement(network, reference, on: unseenForget, pool: pool)),
            NamedNumber(
                "prediction_entropy", try Disagreement.predictionEntropy(network, on: unseenForget, pool: pool)),
            NamedNumber("weight_distance", try Disagreement.weightDistance(network, reference).relative),
            // A broken layer looks as if it had forgotten deeply. The lowest class to keep shows that.
            NamedNumber("lowest_class", try lowestClassAccuracy(network, unseenRetain)),
        ]
    }

    private func lowestClassAccuracy(_ network: Network, _ set: ExampleSet) throws -> Double {
        try set.classCounts.map { count in
            try network.accuracy(on: set.partition { $0 == count.label }.matching, pool: pool)
        }.min() ?? .nan
    }

    /// How much less accuracy than the unedited network the reference may keep without a warning.
    private static let tolerated = 0.05

    /// A network trained on the few examples that an edit needs is not a network to be compared with.
    private func warnOfWeakReference(_ reference: Network, on retain: ExampleSet) throws {
        let kept = try reference.accuracy(on: retain, pool: pool)
        let before = try task.model.accuracy(on: retain, pool: pool)
        guard kept < before - CellRun.tolerated else { return }
        func percent(_ share: Double) -> String { "\(NumberText.fixed(100 * share, digits: 1)) %" }
        note(
            "warning: depth is measured against a network retrained on the task's retain set, which keeps "
                + "\(percent(kept)) where the unedited one keeps \(percent(before)); give the task one that was trained "
                + "on all that is to be kept: baselines = { rledit.baselines.retrain { … } }")
    }
}

/// Hands what a loop tells to the task, and notes each new best.
private final class CellWatcher: RunDelegate {
    private let task: ScriptTask
    private(set) var improvements: [ComparisonCell.Improvement] = []

    init(task: ScriptTask) { self.task = task }

    var stopRequest: StopReason? { task.stopRequest }
    func didUpdate(_ record: UpdateRecord) throws -> Bool { try task.didUpdate(record) }
    func didEndEpisode(_ episode: Int, reward: Reward) throws -> Bool {
        try task.didEndEpisode(episode, reward: reward)
    }
    func didFindBest(_ best: BestCandidate) throws -> Bool {
        improvements.append(
            ComparisonCell.Improvement(evaluation: best.evaluation, reward: best.reward.value))
        return try task.didFindBest(best)
    }
}
