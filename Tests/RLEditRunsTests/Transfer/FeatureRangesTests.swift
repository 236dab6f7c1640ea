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

/// What a policy file knows of the networks it was trained on, and several policies in one file.
@Suite struct FeatureRangesTests {
    private static func pairs(_ networks: [Network], draws: ExampleDraws? = nil, pool: WorkerPool) throws -> [EditPair]
    {
        let set = try TransferFixture.points(60, seed: 2)
        return try networks.enumerated().flatMap { index, network in
            try [0, 1].map { label in
                let (forget, retain) = set.partition { $0 == label }
                return try EditPair(
                    network: network, name: "network \(index + 1)", label: "\(label)",
                    sets: [NamedSet(name: "forget", examples: forget), NamedSet(name: "retain", examples: retain)],
                    rules: EditPair.Rules(
                        world: .shift, layers: ["fc2"], rank: 1,
                        features: UnitFeatureSet(UnitFeature.labelAware, seesCount: draws != nil)),
                    draws: draws, pool: pool)
            }
        }
    }

    private static func loop(draws: ExampleDraws?, pool: WorkerPool, workers: Int = 2) throws -> TransferLoop {
        let networks = try (1...3).map { try TransferFixture.network(seed: UInt64($0)) }
        let training = try pairs(Array(networks[0..<2]), draws: draws, pool: pool)
        let validation = try pairs([networks[2]], draws: draws, pool: pool)
        var configuration = EvolutionStrategy.Configuration()
        configuration.steps = 320
        configuration.populationSize = 16
        configuration.standardDeviation = .constant(0.02)
        configuration.learningRate = .constant(0.02)
        let features = try UnitFeatureSet(UnitFeature.labelAware, seesCount: draws != nil)
        let rules = EditPair.Rules(world: .shift, layers: ["fc2"], rank: 1, features: features)
        let policy = UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(features: features.count, context: features.context.count, hidden: 2, rank: 1),
            random: RandomStream(seed: 3, name: "policy"))
        return try TransferLoop(
            TransferTask(
                name: "draws", rules: rules,
                problem: TransferProblem(
                    pairs: training, policy: policy, reward: TransferFixture.reward(), pairsPerStep: 2),
                validation: validation, validationInterval: 5, heldOut: [], refinement: nil,
                learner: EvolutionStrategy(configuration), target: nil, distribution: [:]), seed: 1, pool: pool)
    }

    @Test("the network of a training pair is inside the ranges, another architecture outside of them by its own number")
    func distance() throws {
        let pool = WorkerPool(workers: 2)
        let loop = try Self.loop(draws: nil, pool: pool)
        #expect(try loop.run() == nil)
        let file = try TransferFiles.policy(loop, origin: [:])
        let ranges = try #require(file.ranges)
        for pair in loop.task.problem.pairs {
            let own = ranges.distance(pair.features, file.features)
            #expect(own.value == 0)
            #expect(own.furthest == nil)
            #expect(own.sentence.contains("is like those"))
        }
        let wide = try TransferFixture.network(seed: 9, hidden: 128, edited: 40)
        let other = try ranges.distance(Self.pairs([wide], pool: pool)[0].features, file.features)
        #expect(other.value > 1)
        #expect(other.furthest?.name.hasPrefix("log2 of the") == true)
        #expect(other.range != nil)
        #expect(other.sentence.contains("far from those that the policy was trained on"))
    }

    @Test("ranges come back from the file, and wrong ones are refused")
    func inFile() throws {
        let pool = WorkerPool(workers: 2)
        let loop = try Self.loop(draws: nil, pool: pool)
        #expect(try loop.run() == nil)
        let file = try TransferFiles.policy(loop, origin: ["seed": 1])
        let folder = try TemporaryFolder()
        let path = folder.file("policy.safetensors")
        try file.write(to: path)
        var read = try SafetensorsFile(path: path)
        #expect(try PolicyFile(read) == file)
        let text = try #require(read.metadata.first { $0.key == "rledit.policy" }?.value)
        var object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
        #expect(object["format"] == 1)
        object["ranges"] = ["input_distance": [2, 1, 0, 0]]
        read.setMetadata("rledit.policy", JSONValue.object(object).text)
        let refusal = #expect(throws: PolicyFileError.self) { try PolicyFile(read) }
        #expect(refusal?.description.hasSuffix("has 'ranges' that are not four numbers for each name") == true)
        // A file without them is one of an older program.
        object["ranges"] = nil
        read.setMetadata("rledit.policy", JSONValue.object(object).text)
        #expect(try PolicyFile(read).ranges == nil)
    }

    @Test("several policies in one file make the mean of their edits, and need to be of one kind")
    func average() throws {
        let pool = WorkerPool(workers: 2)
        let pair = try Self.pairs([TransferFixture.network(seed: 4)], pool: pool)[0]
        func policy(_ seed: UInt64, hidden: Int = 2) throws -> PolicyFile {
            PolicyFile(
                network: UnitPolicyNetwork(
                    UnitPolicyNetwork.Shape(features: 11, context: 4, hidden: hidden, rank: 1),
                    random: RandomStream(seed: seed, name: "policy")),
                rules: try TransferFixture.rules(), training: ["seed": .integer(Int(seed))], heldOut: [:])
        }
        let files = try [policy(1), policy(2), policy(3)]
        let together = try PolicyFile.average(files)
        let folder = try TemporaryFolder()
        try together.write(to: folder.file("mean.safetensors"))
        let read = try PolicyFile(SafetensorsFile(path: folder.file("mean.safetensors")))
        #expect(read == together)
        let layer = pair.frames[0].layer
        func weights(_ file: PolicyFile) throws -> [Float] {
            try PolicyApplication(file.members, to: pair).edits[0].weights(of: layer).scalars
        }
        let each = try files.map(weights)
        for (place, mean) in try weights(read).enumerated() {
            let expected = (each[0][place] + each[1][place] + each[2][place]) / 3
            #expect(abs(mean - expected) < 1e-4 * (1 + abs(expected)))
        }
        let refusal = #expect(throws: PolicyFileError.self) {
            try PolicyFile.average([policy(1), policy(2, hidden: 3)])
        }
        #expect(
            refusal?.description.contains("the rank or hidden units of policy 2 are not those of the first") == true)
    }

    @Test("policies of the seeds of a run become one file, with a line about their spread")
    func seeds() throws {
        let folder = try TemporaryFolder()
        let top = try RunFolder.create(at: folder.file("run"))
        #expect(try TransferFiles.average(seeds: [0, 1], in: top) == nil)
        for seed in 0..<2 {
            let own = try top.seedFolder(seed)
            try PolicyFile(
                network: UnitPolicyNetwork(
                    UnitPolicyNetwork.Shape(features: 11, context: 4, hidden: 2, rank: 1),
                    random: RandomStream(seed: UInt64(seed), name: "policy")),
                rules: TransferFixture.rules(), training: ["validation_reward": .number(1.5 + 0.25 * Double(seed))],
                heldOut: [:]
            ).write(to: own.file(TransferFiles.policyName))
        }
        let line = try #require(try TransferFiles.average(seeds: [0, 1], in: top))
        #expect(line.hasPrefix("validation reward by seed: 1.5000, 1.7500; mean 1.6250, spread 0.2500; "))
        #expect(try PolicyFile(SafetensorsFile(path: top.file(TransferFiles.policyName))).members.count == 2)
    }

    @Test(
        "a policy trained on drawn images learns, knows how many there are, and is the same for any number of workers"
    )
    func draws() throws {
        let draws = ExampleDraws(least: 3, most: 20)
        var found: [[Float]] = []
        for workers in [1, 2] {
            let loop = try Self.loop(draws: draws, pool: WorkerPool(workers: workers))
            #expect(try loop.run() == nil)
            found.append(try loop.finalPolicy().parameters)
            let first = try #require(try loop.validationReward(of: [loop.task.problem.policy]))
            #expect(try #require(loop.validationReward) > first)
            let file = try TransferFiles.policy(loop, origin: [:])
            #expect(file.features.context.last == .forgetCount)
            #expect(file.ranges != nil)
        }
        #expect(found[0] == found[1])
    }

    @Test("an episode looks at a drawn number of examples, the reward at others")
    func drawn() throws {
        let pool = WorkerPool(workers: 2)
        let pair = try Self.pairs(
            [TransferFixture.network(seed: 4)], draws: ExampleDraws(least: 5, most: 40), pool: pool)[0]
        // 60 to forget and 180 to keep: 40 and 160 of them are drawn from.
        #expect(pair.evaluator.sets.map(\.examples.count) == [20, 20])
        let random = RandomStream(seed: 1)
        let counts = try (0..<200).map { index in
            let context = try pair.episodes.episode(random.split("episode", index)).first.features[0].context.scalars
            return 50 * pow(10, Double(try #require(context.last)))
        }
        #expect(counts.allSatisfy { (4.9...40.1).contains($0) })
        // Log-uniform: half of them below the geometric mean.
        let below = counts.filter { $0 < (5.0 * 40).squareRoot() }.count
        #expect((70...130).contains(below), "\(below)")
        #expect(
            try pair.episodes.episode(random.split("episode", 7)).first.features
                == pair.episodes.episode(random.split("episode", 7)).first.features)
        let refusal = #expect(throws: WorldError.self) {
            try Self.pairs([TransferFixture.network(seed: 4)], draws: ExampleDraws(least: 5, most: 60), pool: pool)
        }
        #expect(
            refusal?.description
                == "set 'forget': holds 60 examples: drawing up to 60 to look at takes 60 of them, and the reward needs "
                + "others"
        )
    }
}
