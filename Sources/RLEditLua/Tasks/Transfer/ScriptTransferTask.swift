internal import LuaBridge
package import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
package import RLEditRuns
package import RLEditTensor
internal import RLEditWorlds

/// A task that trains one policy over many networks and classes: what `rledit.task { distribution = … }` returns.
package final class ScriptTransferTask: RunnableTask {
    package static var luaName: String { "rledit.TransferTask" }
    /// The tables of its constructor.
    static let annotation =
        """
        @class rledit.TransferTaskOptions
        @field name string? names the run folder and the report; the script's name by default
        @field distribution rledit.TaskDistribution
        @field world rledit.World MaskWorld or ShiftWorld with layers and a rank; how far an edit goes is the policy's \
        own
        @field policy rledit.UnitPolicy? `rledit.UnitPolicy {}` by default
        @field reward fun(m: rledit.Metrics): number, table<string, number>? judges an edited network of one pair
        @field metrics table<string, fun(set: rledit.SetMetrics): number>? metrics of your own, read as `m.<set>.<name>`
        @field learner (rledit.Learner|rledit.CustomLearner)? PPO and Reinforce act on pairs; PathwiseGradient follows \
        the gradient through the edits; all others search over the policy's parameters. Their steps count policies. By \
        default an evolution strategy of 9,600
        @field pairs_per_step integer? pairs that a step draws, on which each candidate is judged; 8 by default
        @field draw_images integer[]? `{ least, most }`: an episode looks at so many images of the set to forget, another \
        number each time (log-uniform), and ten times as many to keep; the reward sees other images. The policy is told how \
        many there are
        @field horizon integer? steps that the policy takes on a pair, 1 by default: each sees what those before it have \
        done (features of the edited network, the change of confidence, the step's number), and the reward judges the end
        @field blind boolean? a control for `horizon`: every step sees the unedited network
        @field in_turn boolean? with `horizon`: a step edits one of the world's layers, the next step the next one, round \
        and round
        @field every_step boolean? with `horizon`: the reward judges the network after every step, `m.step` says which, and \
        the mean counts. Steps that do harm on the way cost then, and an edit that is done early pays
        @field on_invalid_reward ("stop"|"worst")? what becomes of a candidate for which the reward raises, or gives no \
        finite number, as in a task that edits one network
        @field validation_interval integer? updates between looks at the validation pairs; 10 by default
        @field refine (integer|false)? evaluations of a second, refined edit of each held-out pair; none by default
        @field refine_by ("scale"|"samples")? what refining varies; the scale by default
        @field target number? a mean reward; the run reports how many evaluations it took to reach it
        @field state table? becomes `task.state`
        @field on_update (fun(update: rledit.Update): boolean?)? after each update of the learner; returning false \
        ends the run
        @field on_end (fun(ending: rledit.Ending))? when the run is over
        """

    package var name: String
    package let hasOwnName: Bool
    package let configuration: JSONObject
    package var worldName: String { rules.world.rawValue }
    package var learnerName: String { learner.name }
    package let setDescriptions: [Manifest.SetDescription]
    package var stop: () -> StopReason?
    package let events: TaskEvents
    let made: MadeTask

    private let rules: EditPair.Rules
    private let learner: ScriptLearner
    private let training: [EditPair]
    private let validation: [EditPair]
    private let heldOut: [HeldOutPair]
    /// Whether held-out pairs are measured on sets of their own.
    private let hasTestSets: Bool
    private let settings: Settings
    private let distribution: JSONObject
    private let makeReward: (String) throws -> ScriptReward
    private let policy: UnitPolicyNetwork

    /// Numbers of the task itself.
    struct Settings {
        /// Pairs on which each candidate is judged. Default 8, or all where there are fewer.
        var pairsPerStep: Int
        /// Updates between looks at the validation pairs.
        var validationInterval = 10
        var refinement: (count: Int, search: PolicyApplication.Search)?
        var target: Double?
        var invalidRewards = InvalidRewardRule.stop
        /// Whether the reward judges every step of a policy.
        var everyStep = false
    }

    /// Computes the features of every pair, which takes a pass through each pair's network.
    init(
        name: String?, distribution: ScriptTaskDistribution, world: UnitWorld, layers: [String], rank: Int,
        steps: UnitSteps, draws: ExampleDraws?, policy settings: UnitPolicySettings, reward: LuaFunction,
        metrics: [CustomMetric],
        learner: ScriptLearner,
        settings numbers: (Int) throws -> Settings, events: TaskEvents, host: LuaHost, context: ScriptContext
    ) throws {
        self.name = name ?? "transfer"
        hasOwnName = name != nil
        self.learner = learner
        self.events = events
        stop = { [context] in context.isInterrupted() ? .interrupted : nil }
        let progress = context.progress("features of \(distribution.pairs.count) pairs")
        defer { progress.finish() }

        var builder = PairBuilder(
            world: world, layers: layers, rank: rank, steps: steps, draws: draws, settings: settings, host: host,
            context: context)
        var lists: [PairResult.Purpose: [EditPair]] = [:]
        var heldOut: [HeldOutPair] = []
        for (index, pair) in distribution.pairs.enumerated() {
            if context.isInterrupted() { throw LuaError(.interrupted, "interrupted") }
            let built = try builder.build(
                pair.model.network, name: pair.networkName,
                label: ScriptTaskDistribution.text(pair.label) ?? "", sets: try distribution.sets(of: pair),
                layers: try distribution.layers(of: pair), isDrawn: pair.purpose != .heldOut)
            if pair.purpose == .heldOut {
                let tests = try distribution.testSets(of: pair) ?? built.evaluator.sets
                try requireSameNames(
                    tests, as: heldOut.first?.sets.map(\.name), "test_sets", built.network, built.label)
                heldOut.append(HeldOutPair(pair: built, sets: tests, isUnseenClass: pair.isUnseenClass))
            } else {
                lists[pair.purpose, default: []].append(built)
            }
            progress.update(Progress(evaluations: index + 1, budget: distribution.pairs.count))
        }
        hasTestSets = distribution.hasTestSets
        rules = try builder.rules()
        training = lists[.training] ?? []
        validation = lists[.validation] ?? []
        self.heldOut = heldOut
        self.settings = try numbers(training.count)
        self.distribution = distribution.json
        policy = UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(
                features: rules.features.count, context: rules.features.context.count, hidden: settings.hidden,
                rank: rank), random: context.random.split("init").split("policy"))
        let sets = training.first?.evaluator.sets ?? []
        makeReward = { task in
            try ScriptReward(task: task, function: reward, sets: sets, metrics: metrics, host: host)
        }
        made = MadeTask(name: name)
        context.madeTasks.append(made)
        setDescriptions = ScriptTransferTask.descriptions(training + validation, heldOut)
        configuration = ScriptTransferTask.configuration(
            rules, draws: draws, policy: settings, learner: learner, distribution: distribution.json, self.settings)
    }

    /// The task for one run, with a new learner and a new reward.
    func makeTransferTask() throws -> TransferTask {
        made.isUsed = true
        let learner = try learner.make()
        events.customLearner = learner as? CustomLearner
        events.customLearner?.taker = "the parameters of the policy are"
        return TransferTask(
            name: name, rules: rules,
            problem: TransferProblem(
                pairs: training, policy: policy, reward: try makeReward(name), pairsPerStep: settings.pairsPerStep,
                invalidRewards: settings.invalidRewards, judgesEveryStep: settings.everyStep),
            validation: validation, validationInterval: settings.validationInterval, heldOut: heldOut,
            refinement: settings.refinement, learner: learner, target: settings.target, distribution: distribution)
    }

    /// The loop of a policy that starts from parameters of its own seed, for scripts that train several.
    func makeLoop(seed: Int, pool: WorkerPool, progress: ProgressReporter?) throws -> TransferLoop {
        var task = try makeTransferTask()
        let seed = UInt64(bitPattern: Int64(seed))
        task.problem.policy = UnitPolicyNetwork(
            policy.shape, random: RandomStream(seed: seed).split("init").split("policy"))
        return try TransferLoop(task, seed: seed, pool: pool, progress: progress, delegate: self)
    }

    package func makeRun(
        seed: Int, pool: WorkerPool, logs: RunLogs?, progress: ProgressReporter?
    ) throws -> any TaskRun {
        let loop = try TransferLoop(
            makeTransferTask(), seed: UInt64(bitPattern: Int64(seed)), pool: pool, logs: logs, progress: progress,
            delegate: self)
        return TransferRun(task: self, transfer: loop, pool: pool)
    }

    package func editingOneNetwork(script: String) throws -> ScriptTask {
        throw LuaError(
            .script,
            "\(script): this task trains a policy over many networks, which 'run' and 'sweep' do; this command "
                + "takes a task that edits one network")
    }

    /// One environment over the training pairs, with a reward of its own.
    func makeEnvironment(random: RandomStream) throws -> ScriptTransferEnvironment {
        guard rules.steps.horizon == 1 else {
            throw WorldError.invalidSetting(
                owner: "rledit.env", field: "horizon",
                message: "must be 1: the steps of a policy are for the learners that search")
        }
        made.isUsed = true
        return try ScriptTransferEnvironment(
            name: name, pairs: training, rank: rules.rank,
            judge: RewardJudge(try makeReward(name), rule: settings.invalidRewards), random: random)
    }

    /// Of the first pair whose sets share examples, training pairs first; and of the first held-out pair whose test sets hold
    /// examples of its other sets.
    package private(set) lazy var setWarnings: [String] = {
        let conflict = (training + validation + heldOut.map(\.pair)).lazy.compactMap { [rules] pair -> String? in
            func set(_ name: String) -> NamedSet? { pair.evaluator.sets.first { $0.name == name } }
            guard let forget = set(rules.forgetSet), let retain = set(rules.retainSet) else { return nil }
            return SetOverlap.conflict(forget, retain, place: " of \(pair.network), class \(pair.label)")
        }.first
        guard hasTestSets else { return [conflict].compactMap { $0 } }
        let leaks = heldOut.lazy.map { held in
            SetOverlap.leaks(
                from: held.pair.evaluator.sets, into: held.sets,
                place: " of \(held.pair.network), class \(held.pair.label)")
        }.first { !$0.isEmpty }
        return [conflict].compactMap { $0 } + (leaks ?? [])
    }()

    // MARK: - Words

    /// Of all pairs together, by name of the set: so many pairs have so many examples, and the hash of their hashes.
    private static func descriptions(_ pairs: [EditPair], _ heldOut: [HeldOutPair]) -> [Manifest.SetDescription] {
        func describe(_ sets: [NamedSet], _ name: String, isHeldOut: Bool) -> Manifest.SetDescription {
            var hasher = SHA256Digest.Hasher()
            for set in sets { hasher.update(set.examples.contentHash) }
            return Manifest.SetDescription(
                name: name, heldOut: isHeldOut, examples: sets.reduce(0) { $0 + $1.examples.count },
                hash: hasher.finish(), source: Distinct(sets.map(\.examples.source)).text)
        }
        var all: [Manifest.SetDescription] = []
        for (index, set) in (pairs.first?.evaluator.sets ?? []).enumerated() {
            all.append(describe(pairs.map { $0.evaluator.sets[index] }, set.name, isHeldOut: false))
        }
        for (index, set) in (heldOut.first?.sets ?? []).enumerated() {
            all.append(describe(heldOut.compactMap { $0.sets.dropFirst(index).first }, set.name, isHeldOut: true))
        }
        return all
    }

    private static func configuration(
        _ rules: EditPair.Rules, draws: ExampleDraws?, policy: UnitPolicySettings, learner: ScriptLearner,
        distribution: JSONObject,
        _ settings: Settings
    ) -> JSONObject {
        var method: JSONObject = ["name": .string(learner.name)]
        for member in learner.settings.members { method[member.key] = member.value }
        var configuration: JSONObject = [
            "world": [
                "name": .string(rules.world.rawValue), "layers": .array(rules.layers.map { .string($0) }),
                "rank": .integer(rules.rank),
            ],
            "policy": .object(policy.settings), "learner": .object(method), "distribution": .object(distribution),
            "pairs_per_step": .integer(settings.pairsPerStep),
            "validation_interval": .integer(settings.validationInterval),
        ]
        if let draws { configuration["draw_images"] = .array([.integer(draws.least), .integer(draws.most)]) }
        if rules.steps.horizon > 1 {
            configuration["horizon"] = .integer(rules.steps.horizon)
            configuration["blind"] = .bool(rules.steps.isBlind)
            configuration["in_turn"] = .bool(rules.steps.inTurn)
            configuration["every_step"] = .bool(settings.everyStep)
        }
        if let refinement = settings.refinement {
            configuration["refine"] = .integer(refinement.count)
            configuration["refine_by"] = .string(refinement.search.rawValue)
        }
        configuration["on_invalid_reward"] = .string(settings.invalidRewards.rawValue)
        configuration["target"] = settings.target.map { .number($0) } ?? .null
        return configuration
    }
}
