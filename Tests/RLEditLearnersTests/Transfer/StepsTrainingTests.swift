import RLEditCore
import RLEditData
import RLEditLearners
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// Training of policies that take several steps, and of those that edit a convolution.
@Suite struct StepsTrainingTests {
    private static func policy(_ rules: EditPair.Rules) -> UnitPolicyNetwork {
        UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(
                features: rules.features.count, context: rules.features.context.count, hidden: 2, rank: 1),
            random: RandomStream(seed: 3, name: "policy"))
    }

    private static func worth(_ policy: UnitPolicyNetwork, _ pair: EditPair) throws -> Double {
        let edits = try pair.episodes.whole.edits { $0.map { [policy.factors(for: $0)] } }
        return try pair.judge([edits], by: TransferFixture.reward())[0].value
    }

    @Test("learners that search train a policy of several steps, for a network and a class it has never met")
    func steps() throws {
        let pool = WorkerPool(workers: 2)
        var rules = try TransferFixture.rules()
        rules.features = try UnitFeatureSet(UnitFeature.labelAware, seesSteps: true)
        rules.steps = UnitSteps(horizon: 3)
        let training = try TransferFixture.pairs(
            (1...3).map { try TransferFixture.network(seed: $0) }, classes: [0, 1, 2], rules: rules, pool: pool)
        let unseen = try TransferFixture.pairs(
            [TransferFixture.network(seed: 50)], classes: [3], rules: rules, pool: pool)[0]
        let before = try Self.worth(Self.policy(rules), unseen)
        #expect(before < 1.7)
        var cma = CMAES.Configuration()
        cma.steps = 640
        cma.populationSize = 16
        cma.initialStandardDeviation = 0.05
        for learner in [TransferFixture.search(640), SeparableCMAES(cma), CMAES(cma)] as [any Learner] {
            let problem = TransferProblem(
                pairs: training, policy: Self.policy(rules), reward: TransferFixture.reward(), pairsPerStep: 3)
            let after = try Self.worth(TransferDriver.train(learner, problem, pool: pool), unseen)
            #expect(after > 1.9, "\(learner.name): \(before) to \(after)")
        }
    }

    @Test("a policy of several steps is trained to the same bits by any number of workers")
    func deterministic() throws {
        func train(workers: Int) throws -> [Float] {
            let pool = WorkerPool(workers: workers)
            var rules = try TransferFixture.rules()
            rules.features = try UnitFeatureSet(UnitFeature.labelAware, seesSteps: true)
            rules.steps = UnitSteps(horizon: 2)
            let pairs = try TransferFixture.pairs(
                [TransferFixture.network(seed: 1)], classes: [0, 1], rules: rules, pool: pool)
            let problem = TransferProblem(
                pairs: pairs, policy: Self.policy(rules), reward: TransferFixture.reward(), pairsPerStep: 2)
            return try TransferDriver.train(TransferFixture.search(64), problem, pool: pool).parameters
        }
        #expect(try train(workers: 1) == train(workers: 3))
    }

    @Test("rewards of every step are those of the edits on the way, and their mean is what a candidate gets")
    func everyStep() throws {
        let pool = WorkerPool(workers: 2)
        var rules = try TransferFixture.rules()
        rules.features = try UnitFeatureSet(UnitFeature.labelAware, seesSteps: true)
        rules.steps = UnitSteps(horizon: 3)
        let pair = try TransferFixture.pairs(
            [TransferFixture.network(seed: 1)], classes: [0], rules: rules, pool: pool)[0]
        let policy = Self.policy(rules)
        let course = try pair.episodes.whole.course { $0.map { [policy.factors(for: $0)] } }
        let worth = try course.map { try pair.judge([$0], by: TransferFixture.reward())[0].value }
        #expect(Set(worth).count > 1)
        func told(_ judgesEveryStep: Bool) throws -> (reward: Double, evaluations: Int) {
            let environment = try TransferEnvironment(
                TransferProblem(
                    pairs: [pair], policy: policy, reward: TransferFixture.reward(), pairsPerStep: 1,
                    judgesEveryStep: judgesEveryStep), learner: RandomSearch(), pool: pool,
                random: RandomStream(seed: 1))
            _ = try environment.reset()
            let outcome = try environment.step(
                Tensor.zeros([environment.environments, environment.actionSize]))
            // Of each candidate, on the one pair.
            return (outcome.rewards[0], (outcome.record?.evaluations[0] ?? 0) / environment.environments)
        }
        let last = try told(false)
        #expect(last.reward == worth[2] && last.evaluations == 1)
        let every = try told(true)
        #expect(abs(every.reward - worth.reduce(0, +) / 3) < 1e-12 && every.evaluations == 3)
    }

    // MARK: - Convolutions

    /// Pictures 1×6×6: a line across, down or rising, or a square, anywhere. Channels can tell them apart, places cannot.
    private static func pictures(_ count: Int, seed: UInt64) throws -> ExampleSet {
        var stream = RandomStream(seed: seed, name: "pictures")
        var pixels: [Float] = []
        let labels = (0..<4 * count).map { $0 % 4 }
        for label in labels {
            let (top, left) = (stream.index(below: 5), stream.index(below: 5))
            for row in 0..<6 {
                for column in 0..<6 {
                    let isBright =
                        switch label {
                        case 0: row == top
                        case 1: column == left
                        case 2: (row + column) % 6 == top
                        default: (top...top + 1).contains(row) && (left...left + 1).contains(column)
                        }
                    pixels.append((isBright ? 1 : 0) + 0.2 * stream.normal())
                }
            }
        }
        return try ExampleSet(
            name: "pictures", source: "lines", inputs: Tensor(pixels, shape: [labels.count, 1, 6, 6]), labels: labels)
    }

    /// Two convolutions and a linear layer, trained; the edited layer is `conv2`.
    private static func network(seed: UInt64) throws -> Network {
        var network = try Network(
            inputShape: [1, 6, 6],
            layers: [
                ("conv1", Conv2D(1, 6, kernel: 3, padding: 1)), ("relu1", Activation.relu),
                ("conv2", Conv2D(6, 8, kernel: 3, padding: 1)), ("relu2", Activation.relu),
                ("flatten", Flatten()), ("fc", Linear(8 * 36, 4)),
            ], random: RandomStream(seed: seed, name: "network"))
        var options = TrainingOptions()
        options.epochs = 20
        options.batchSize = 32
        options.learningRate = 0.01
        let set = try pictures(60, seed: 1)
        guard case .dense(let inputs) = try set.batchInputs(0..<set.count) else { return network }
        try network.fit(TensorBatchSource(inputs: inputs, targets: .classes(set.labels)), options: options)
        return network
    }

    @Test("a policy learns to edit a convolution of networks that it has never met")
    func convolution() throws {
        let pool = WorkerPool(workers: 2)
        var rules = try TransferFixture.rules()
        rules.layers = ["conv2"]
        let set = try Self.pictures(20, seed: 2)
        func pairs(_ seeds: ClosedRange<UInt64>, _ classes: [Int]) throws -> [EditPair] {
            try seeds.flatMap { seed in
                let network = try Self.network(seed: seed)
                return try classes.map { label in
                    let (forget, retain) = set.partition { $0 == label }
                    return try EditPair(
                        network: network, name: "network \(seed)", label: "\(label)",
                        sets: [
                            NamedSet(name: "forget", examples: forget), NamedSet(name: "retain", examples: retain),
                        ], rules: rules, pool: pool)
                }
            }
        }
        let problem = TransferProblem(
            pairs: try pairs(1...4, [0, 1, 2]), policy: Self.policy(rules), reward: TransferFixture.reward(),
            pairsPerStep: 4)
        let policy = try TransferDriver.train(TransferFixture.search(2560), problem, pool: pool)
        // Of unedited networks the reward is near 1; 2 is the most.
        let unseen = try pairs(50...51, [0, 1, 2, 3])
        func mean(_ policy: UnitPolicyNetwork) throws -> Double {
            try unseen.reduce(0) { try $0 + Self.worth(policy, $1) } / Double(unseen.count)
        }
        let (before, after) = (try mean(problem.policy), try mean(policy))
        #expect(before < 1.2 && after > 1.5, "\(before) to \(after)")
    }
}
