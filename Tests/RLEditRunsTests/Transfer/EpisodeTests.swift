import Foundation
import RLEditCore
import RLEditData
import RLEditLearners
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// Policies that take several steps on a network.
@Suite struct EpisodeTests {
    private static let pool = WorkerPool(workers: 2)

    private static func rules(
        _ steps: UnitSteps, world: UnitWorld = .shift, layers: [String] = ["fc2"], draws: Bool = false
    ) throws -> EditPair.Rules {
        EditPair.Rules(
            world: world, layers: layers, rank: 1,
            features: try UnitFeatureSet(UnitFeature.labelAware, seesCount: draws, seesSteps: steps.horizon > 1),
            steps: steps)
    }

    private static func policy(_ rules: EditPair.Rules, seed: UInt64 = 3) -> UnitPolicyNetwork {
        UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(
                features: rules.features.count, context: rules.features.context.count, hidden: 2, rank: 1),
            random: RandomStream(seed: seed, name: "policy"))
    }

    private static func sets(_ label: Int = 1, count: Int = 20) throws -> [NamedSet] {
        let (forget, retain) = try TransferFixture.points(count, seed: 2).partition { $0 == label }
        return [NamedSet(name: "forget", examples: forget), NamedSet(name: "retain", examples: retain)]
    }

    private static func pair(_ rules: EditPair.Rules) throws -> EditPair {
        try EditPair(
            network: TransferFixture.network(seed: 4), name: "network", label: "1", sets: sets(), rules: rules,
            pool: pool)
    }

    /// Mean probability of the label.
    private static func confidence(_ network: Network, _ set: NamedSet) throws -> Double {
        guard case .dense(let inputs) = try set.examples.batchInputs(0..<set.examples.count) else { return .nan }
        let probabilities = try network.forward(inputs).softmax(dimension: 1)
        let classes = probabilities.shape[1]
        return set.examples.labels.enumerated().reduce(0.0) {
            $0 + Double(probabilities.scalars[$1.offset * classes + $1.element])
        } / Double(set.examples.count)
    }

    /// The policy applied to each network that the step before has left, with nothing but what one step needs.
    private static func byHand(_ rules: EditPair.Rules, layers: [[String]]) throws -> Network {
        let original = try TransferFixture.network(seed: 4)
        let (policy, sets) = (policy(rules), try sets())
        var network = original
        for (step, layers) in layers.enumerated() {
            var own = rules
            own.layers = layers
            let changes = try sets.map { try confidence(network, $0) - confidence(original, $0) }
            let activations = try EditPair.activations(of: network, sets: sets, rules: own, pool: pool)
            var edited = network
            for activations in activations {
                let features = try UnitFeatures(of: activations, rules.features)
                var context = features.context.scalars
                let own = [Float(step) / Float(rules.steps.horizon - 1), Float(changes[0]), Float(10 * changes[1])]
                context.replaceSubrange(context.count - 3..<context.count, with: own)
                let frame = try UnitFrame(
                    activations, bias: activations.biasName.flatMap(network.parameter), world: rules.world, rank: 1)
                let seen = UnitFeatures(outputs: features.outputs, inputs: features.inputs, context: Tensor(context))
                try edited.apply(frame.edit(policy.factors(for: seen)), to: frame.layer)
            }
            network = edited
        }
        return network
    }

    private static func expectEqual(_ network: Network, _ other: Network) throws {
        for name in network.parameterNames {
            let (own, others) = (try #require(network.parameter(name)), try #require(other.parameter(name)))
            #expect(own.isClose(to: others, relativeTolerance: 1e-3, absoluteTolerance: 1e-4), "\(name)")
        }
    }

    @Test("three steps are the policy applied to what it has left, three times", arguments: UnitWorld.allCases)
    func repeated(world: UnitWorld) throws {
        let rules = try Self.rules(UnitSteps(horizon: 3), world: world)
        let pair = try Self.pair(rules)
        let course = try PolicyApplication([Self.policy(rules)], to: pair).course
        #expect(course.count == 3)
        for steps in 1...3 {
            try Self.expectEqual(
                pair.evaluator.editedNetwork(course[steps - 1]),
                Self.byHand(rules, layers: Array(repeating: ["fc2"], count: steps)))
        }
    }

    @Test("layers are edited in turn, each seeing what the ones before have left")
    func inTurn() throws {
        let rules = try Self.rules(UnitSteps(horizon: 3, inTurn: true), layers: ["fc1", "fc2"])
        let pair = try Self.pair(rules)
        let edited = try pair.evaluator.editedNetwork(PolicyApplication([Self.policy(rules)], to: pair).edits)
        try Self.expectEqual(edited, Self.byHand(rules, layers: [["fc1"], ["fc2"], ["fc1"]]))
        // Not what two layers get that are edited at once.
        let atOnce = try Self.byHand(rules, layers: [["fc1", "fc2"]])
        let difference = try #require(edited.parameter("fc2.weight")).sub(#require(atOnce.parameter("fc2.weight")))
        #expect(difference.scalars.contains { abs($0) > 1e-3 })
    }

    @Test("blind steps see the features of the first look and which step it is, and their edits add up")
    func blind() throws {
        let rules = try Self.rules(UnitSteps(horizon: 3, isBlind: true))
        let pair = try Self.pair(rules)
        let policy = Self.policy(rules)
        var seen: [UnitFeatures] = []
        let edits = try pair.episodes.whole.edits { features in
            seen += features
            return features.map { [policy.factors(for: $0)] }
        }
        #expect(seen.count == 3 && seen.allSatisfy { $0.outputs == seen[0].outputs && $0.inputs == seen[0].inputs })
        let place = try #require(rules.features.context.firstIndex(of: .step))
        #expect(seen.map { $0.context.scalars[place] } == [0, 0.5, 1])
        for look in seen {
            var others = look.context.scalars
            others[place] = 0
            #expect(others == seen[0].context.scalars)
        }
        let layer = pair.frames[0].layer
        var expected = layer.base
        for look in seen {
            let edit = try pair.frames[0].edit(policy.factors(for: look))
            expected = try expected.add(edit.weights(of: layer).sub(layer.base))
        }
        #expect(
            try edits[0].weights(of: layer).isClose(to: expected, relativeTolerance: 1e-4, absoluteTolerance: 1e-5))
        // Sighted steps of the same policy do something else.
        let sighted = try Self.pair(Self.rules(UnitSteps(horizon: 3)))
        let other = try PolicyApplication([policy], to: sighted).edits[0].weights(of: layer)
        #expect(!other.isClose(to: expected, relativeTolerance: 1e-2, absoluteTolerance: 1e-2))
    }

    @Test(
        "a policy of several steps comes back from its file and makes the same edits; one of one step says nothing of it"
    )
    func file() throws {
        let folder = try TemporaryFolder()
        let steps = UnitSteps(horizon: 3, isBlind: false, inTurn: true)
        let rules = try Self.rules(steps, layers: ["fc1", "fc2"])
        func policy(_ seed: UInt64, _ rules: EditPair.Rules) -> PolicyFile {
            PolicyFile(network: Self.policy(rules, seed: seed), rules: rules, training: [:], heldOut: [:])
        }
        let together = try PolicyFile.average([policy(1, rules), policy(2, rules)])
        try together.write(to: folder.file("steps.safetensors"))
        let read = try PolicyFile(SafetensorsFile(path: folder.file("steps.safetensors")))
        #expect(read == together && read.steps == steps && read.rules().steps == steps)
        let pair = try Self.pair(read.rules())
        let edits = try PolicyApplication(read.members, to: pair).edits
        let expected = try PolicyApplication(together.members, to: Self.pair(rules)).edits
        for (place, frame) in pair.frames.enumerated() {
            #expect(try edits[place].weights(of: frame.layer) == expected[place].weights(of: frame.layer))
        }
        let refusal = #expect(throws: PolicyFileError.self) {
            let other = try Self.rules(UnitSteps(horizon: 3), layers: ["fc1", "fc2"])
            return try PolicyFile.average([policy(1, rules), policy(2, other)])
        }
        #expect(refusal?.description.contains("the steps of policy 2 are not those of the first") == true)
        try policy(1, Self.rules(.one)).write(to: folder.file("one.safetensors"))
        let one = try SafetensorsFile(path: folder.file("one.safetensors"))
        let text = try #require(one.metadata.first { $0.key == "rledit.policy" }?.value)
        #expect(text.contains("\"format\":1,") && !text.contains("horizon"), "\(text)")
    }

    @Test("refining a policy of several steps tries other scales and directions of all of them")
    func refined() throws {
        let rules = try Self.rules(UnitSteps(horizon: 2))
        let pair = try Self.pair(rules)
        let reward = TransferFixture.reward()
        let own = try pair.judge([PolicyApplication([Self.policy(rules)], to: pair).edits], by: reward)[0].value
        for search in PolicyApplication.Search.allCases {
            let found = try PolicyApplication(
                [Self.policy(rules)], to: pair, refining: 8, by: search, reward: reward, random: RandomStream(seed: 1))
            #expect(try #require(found.reward) > own, "\(search)")
        }
    }

    @Test("a step that has nothing left to see edits nothing")
    func dead() throws {
        let rules = try Self.rules(UnitSteps(horizon: 3))
        let pair = try Self.pair(rules)
        let layer = pair.frames[0].layer
        var looks = 0
        // All but infinite outputs: their squares are no numbers any more.
        let course = try pair.episodes.whole.course { features in
            looks += 1
            return features.map { layer in
                [
                    UnitFactors(
                        outputs: Array(repeating: 1, count: layer.outputs.shape[0]),
                        inputs: Array(repeating: 1, count: layer.inputs.shape[0]), logScale: 4)
                ]
            }
        }
        #expect(looks == 3 && course.count == 3)
        let zero = LayerEdit.weights(try Tensor.zeros([layer.rows, layer.columns]))
        var network = try TransferFixture.network(seed: 4)
        try network.apply(zero, to: layer)
        for name in ["fc1.weight", "fc1.bias"] {
            try network.setParameter(name, try #require(network.parameter(name)).mul(0))
        }
        #expect(throws: WorldError.self) {
            try EditPair.episode(of: network, sets: Self.sets(), rules: rules, pool: Self.pool)
        }
        // The first layer is killed in the first step; the second step then finds dead input units.
        let turns = try Self.rules(UnitSteps(horizon: 2, inTurn: true), world: .mask, layers: ["fc1", "fc2"])
        let both = try Self.pair(turns)
        var seen = 0
        let edits = try both.episodes.whole.course { features in
            seen += 1
            return features.map { layer in
                // 1 + s·b·a = 0 for s = 1 and b·a = −1.
                [
                    UnitFactors(
                        outputs: Array(repeating: 1, count: layer.outputs.shape[0]),
                        inputs: Array(repeating: -1, count: layer.inputs.shape[0]), logScale: 0)
                ]
            }
        }
        #expect(seen == 1 && edits.count == 2)
    }

    @Test("learners that act on factors refuse several steps and drawn images, and say who takes them")
    func refused() throws {
        for (field, steps, draws) in [
            ("horizon", UnitSteps(horizon: 2), nil),
            ("draw_images", UnitSteps.one, ExampleDraws(least: 3, most: 10)),
        ] {
            let rules = try Self.rules(steps, draws: draws != nil)
            let pair = try EditPair(
                network: TransferFixture.network(seed: 4), name: "network", label: "1", sets: Self.sets(count: 60),
                rules: rules, draws: draws, pool: Self.pool)
            let problem = TransferProblem(
                pairs: [pair], policy: Self.policy(rules), reward: TransferFixture.reward(), pairsPerStep: 1)
            for learner in [PPO() as any Learner, Reinforce()] {
                let refusal = #expect(throws: WorldError.self) {
                    try TransferEnvironment(problem, learner: learner, pool: Self.pool, random: RandomStream(seed: 1))
                }
                #expect(
                    refusal?.description
                        == "\(learner.name): \(field) needs a learner that searches over the policy's parameters, such as "
                        + "EvolutionStrategy")
            }
        }
    }
}
