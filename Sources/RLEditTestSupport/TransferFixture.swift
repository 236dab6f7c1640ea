internal import RLEditCore
package import RLEditData
package import RLEditLearners
package import RLEditNN
package import RLEditTensor
package import RLEditWorlds

/// Small networks that tell four clusters of points apart, each trained, and pairs of them and a cluster to forget.
package enum TransferFixture {
    package static let classes = 4
    private static let size = 6

    /// Points around four centres, `count` of each.
    package static func points(_ count: Int, seed: UInt64 = 1) throws -> ExampleSet {
        var stream = RandomStream(seed: 5, name: "centres")
        let centres = (0..<(classes * size)).map { _ in 1.6 * stream.normal() }
        var noise = RandomStream(seed: seed, name: "points")
        var inputs: [Float] = []
        var labels: [Int] = []
        for example in 0..<(classes * count) {
            let label = example % classes
            labels.append(label)
            for place in 0..<size { inputs.append(centres[label * size + place] + 0.5 * noise.normal()) }
        }
        return try ExampleSet(
            name: "points", source: "clusters", inputs: Tensor(inputs, shape: [labels.count, size]), labels: labels)
    }

    /// 6 → `hidden` → `edited` → 4, trained; the edited layer is `fc2`.
    package static func network(seed: UInt64, hidden: Int = 16, edited: Int = 10) throws -> Network {
        var network = try Network(
            inputShape: [size],
            layers: [
                ("fc1", Linear(size, hidden)), ("relu1", Activation.relu), ("fc2", Linear(hidden, edited)),
                ("relu2", Activation.relu), ("fc3", Linear(edited, classes)),
            ], random: RandomStream(seed: seed, name: "network"))
        var options = TrainingOptions()
        options.epochs = 30
        options.batchSize = 32
        options.learningRate = 0.01
        let set = try points(60)
        try network.fit(
            TensorBatchSource(inputs: set.batchTensor(), targets: .classes(set.labels)), options: options)
        return network
    }

    package static func rules(_ world: UnitWorld = .shift, rank: Int = 1) throws -> EditPair.Rules {
        EditPair.Rules(world: world, layers: ["fc2"], rank: rank, features: try UnitFeatureSet(UnitFeature.labelAware))
    }

    /// A pair for each network and class.
    package static func pairs(
        _ networks: [Network], classes: [Int], rules: EditPair.Rules, pool: WorkerPool
    ) throws -> [EditPair] {
        let set = try points(20, seed: 2)
        return try networks.enumerated().flatMap { index, network in
            try classes.map { label in
                let (forget, retain) = set.partition { $0 == label }
                return try EditPair(
                    network: network, name: "network \(index + 1)", label: "\(label)",
                    sets: [NamedSet(name: "forget", examples: forget), NamedSet(name: "retain", examples: retain)],
                    rules: rules, pool: pool)
            }
        }
    }

    /// What is kept and what is gone, accuracies and probabilities.
    package static func reward() -> ClosureReward {
        ClosureReward { context in
            func half(_ set: Int) throws -> Double {
                try (context.value(.accuracy, set: set) + context.value(.trueProbability, set: set)) / 2
            }
            let (keep, drop) = (try half(1), try 1 - half(0))
            return Reward(keep + drop, terms: [.init("keep", keep), .init("drop", drop)])
        }
    }

    package static func policy(rank: Int = 1, hidden: Int = 2) -> UnitPolicyNetwork {
        UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(features: 11, context: 4, hidden: hidden, rank: rank),
            random: RandomStream(seed: 3, name: "policy"))
    }

    /// A search that finds such a policy in a few hundred steps.
    package static func search(_ steps: Int) -> EvolutionStrategy {
        var configuration = EvolutionStrategy.Configuration()
        configuration.steps = steps
        configuration.populationSize = 16
        configuration.standardDeviation = .constant(0.02)
        configuration.learningRate = .linear(0.02, 0.002)
        return EvolutionStrategy(configuration)
    }
}

extension ExampleSet {
    /// All inputs as one tensor.
    fileprivate func batchTensor() throws -> Tensor {
        switch try batchInputs(0..<count) {
        case .dense(let tensor): return tensor
        case .sparse: throw TensorError.invalidArgument(operation: "fixture", message: "sparse")
        }
    }
}
