internal import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// The reference task R1: the digit CNN, its 128 → 32 layer edited with rank 1, 500 forget and 2,000 retain images.
///
/// The network is not trained: no rate depends on the values of its weights.
struct ReferenceTask {
    static let layer = "fc2"
    let digits: PictureData
    let network: Network
    let sets: [NamedSet]

    init(digits: PictureData) throws {
        self.digits = digits
        network = try Models.digitCNN(random: RandomStream(seed: 0, name: "bench"))
        let (forget, retain) = digits.train.partition { $0 == 7 }
        sets = [
            NamedSet(name: "forget", examples: try forget.take(500)),
            NamedSet(name: "retain", examples: try retain.take(2000)),
        ]
    }

    /// The sets with every example `times` times.
    func repeatedSets(_ times: Int) throws -> [NamedSet] {
        try sets.map { set in
            var examples = set.examples
            for _ in 1..<times { examples = try examples.concat(set.examples) }
            return NamedSet(name: set.name, examples: examples)
        }
    }

    /// A network of the same kind whose edited layer has another width; its prefix is simpler, which is cached anyway.
    static func network(width: Int) throws -> Network {
        try Network(
            inputShape: [1, 28, 28],
            layers: [
                ("flatten", Flatten()), ("fc1", Linear(784, 128)), ("relu1", Activation.relu),
                (layer, Linear(128, width)), ("relu2", Activation.relu), ("fc3", Linear(width, 10)),
            ], random: RandomStream(seed: 0, name: "bench"))
    }

    func problem(_ world: any EditWorld, reward: (any RewardFunction)? = nil) -> EditProblem {
        EditProblem(
            network: network, layers: [ReferenceTask.layer], sets: sets, world: world,
            reward: reward ?? ReferenceTask.accuracyReward())
    }

    /// Keep and drop accuracy with two named terms, as in `examples/unlearn_digit.lua`.
    static func accuracyReward() -> any RewardFunction {
        ClosureReward { context in
            let drop = 1 - (try context.value(.accuracy, set: 0))
            let keep = try context.value(.accuracy, set: 1)
            return Reward(keep + drop, terms: [NamedNumber("drop", drop), NamedNumber("keep", keep)])
        }
    }

    /// PPO with the settings of Stable-Baselines3: MLP 64-64, 256 steps per update, minibatches of 64, 10 epochs.
    static func learner(steps: Int) -> PPO {
        var configuration = PPO.Configuration.stableBaselines3
        configuration.steps = steps
        return PPO(configuration)
    }

    static func mask(rank: Int) -> MaskWorld {
        var configuration = MaskWorld.Configuration()
        configuration.form = .lowRank(rank: rank)
        return MaskWorld(configuration)
    }

    static func shift(rank: Int) -> ShiftWorld {
        var configuration = ShiftWorld.Configuration()
        configuration.form = .lowRank(rank: rank)
        return ShiftWorld(configuration)
    }
}
