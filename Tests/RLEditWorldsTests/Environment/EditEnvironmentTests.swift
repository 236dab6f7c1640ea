import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// Problems on the small network of the fixtures.
enum EnvironmentFixture {
    static func problem(
        world: any EditWorld = MaskWorld(), layers: [String] = ["fc2"], horizon: Int = 1,
        reward: @escaping (RewardContext) throws -> Reward = accuracyReward
    ) throws -> EditProblem {
        let network = try Fixture.mlp()
        return EditProblem(
            network: network, layers: layers,
            sets: [
                try Fixture.set("forget", 37, shape: [6], classes: 4),
                try Fixture.set("retain", 90, shape: [6], classes: 4),
            ],
            world: world, horizon: horizon, reward: ClosureReward(reward))
    }

    static func accuracyReward(_ context: RewardContext) throws -> Reward {
        let loss = try context.value(.loss, set: 0)
        return Reward(loss - (try context.value(.loss, set: 1)), terms: [.init("forget", loss)])
    }

    static func environment(
        _ problem: EditProblem, environments: Int = 3, workers: Int = 2
    ) throws -> EditEnvironment {
        try EditEnvironment(
            problem, environments: environments, pool: WorkerPool(workers: workers), random: RandomStream(seed: 1))
    }

    static func actions(_ environment: EditEnvironment, _ name: String, count: Int? = nil) throws -> Tensor {
        var stream = RandomStream(seed: 2, name: name)
        let shape = [count ?? environment.environments, environment.actionSize]
        return try Tensor((0..<shape[0] * shape[1]).map { _ in stream.uniform(-1, 1) }, shape: shape)
    }
}

private typealias E = EnvironmentFixture

@Suite("Edit environment")
struct EditEnvironmentTests {
    private func isShared(_ observation: ObservationBatch) -> Bool {
        if case .shared = observation { true } else { false }
    }

    @Test("at horizon 1 each step is an episode, truncated, and shows the unedited weights again")
    func horizonOne() throws {
        let environment = try E.environment(E.problem())
        let start = try environment.reset()
        #expect(isShared(start) && start.environments == 3 && start.features == 240)
        for step in 1...2 {
            let outcome = try environment.step(E.actions(environment, "step \(step)"))
            #expect(outcome.truncated == [true, true, true] && outcome.terminated == [false, false, false])
            #expect(isShared(outcome.observation))
            #expect(try outcome.observation.rows() == start.rows())
            let record = try #require(outcome.record)
            let batch = try #require(record.batch)
            #expect(record.episodes == [3 * step - 2, 3 * step - 1, 3 * step] && record.steps == [1, 1, 1])
            // The final observation is that of the edited weights.
            let final = try outcome.finalObservation().rows()
            for (index, edits) in batch.candidates.enumerated() {
                let row = Array(final.scalars[index * 240..<(index + 1) * 240])
                #expect(row == (try environment.observation(of: edits).scalars))
                #expect(row != (try start.rows()).scalars[0..<240].map { $0 })
            }
        }
    }

    @Test("at horizon 4 edits accumulate, and the episode is truncated at its fourth step")
    func horizonFour() throws {
        for world in [MaskWorld() as any EditWorld, ShiftWorld()] {
            let environment = try E.environment(E.problem(world: world, layers: ["fc3", "fc1"], horizon: 4))
            _ = try environment.reset()
            var edits = [[LayerEdit]](repeating: [.unchanged, .unchanged], count: 3)
            for step in 1...4 {
                let actions = try E.actions(environment, "step \(step)")
                let outcome = try environment.step(actions)
                #expect(outcome.truncated == [Bool](repeating: step == 4, count: 3))
                #expect(outcome.terminated == [false, false, false])
                let record = try #require(outcome.record)
                let batch = try #require(record.batch)
                #expect(record.episodes == [1, 2, 3] && record.steps == [step, step, step])
                for index in 0..<3 {
                    let (size, features) = (environment.actionSize, environment.observationSize)
                    let action = Tensor(Array(actions.scalars[index * size..<(index + 1) * size]))
                    edits[index] = try environment.apply(action, to: edits[index])
                    for (layer, pair) in zip(
                        environment.evaluator.layers, zip(edits[index], batch.candidates[index]))
                    {
                        #expect(try pair.0.weights(of: layer) == pair.1.weights(of: layer))
                    }
                    let row = try outcome.finalObservation().rows().scalars[index * features..<(index + 1) * features]
                    #expect(Array(row) == (try environment.observation(of: edits[index]).scalars))
                }
                #expect(isShared(outcome.observation) == (step == 4))
                if step < 4 { #expect(try outcome.observation.rows() == outcome.finalObservation().rows()) }
            }
        }
    }

    /// Ends the episodes whose number is even at their second step.
    private static func staggered(_ context: RewardContext) throws -> Reward {
        var reward = try E.accuracyReward(context)
        reward.terminated = context.step == 2 && context.episode % 2 == 0
        return reward
    }

    @Test("a reward may end an episode early: terminated, not truncated, and the others go on")
    func staggeredEnds() throws {
        let environment = try E.environment(E.problem(horizon: 3, reward: EditEnvironmentTests.staggered))
        let start = try environment.reset().rows()
        let expected: [(episodes: [Int], steps: [Int], terminated: [Bool], truncated: [Bool])] = [
            ([1, 2, 3], [1, 1, 1], [false, false, false], [false, false, false]),
            ([1, 2, 3], [2, 2, 2], [false, true, false], [false, false, false]),
            ([1, 4, 3], [3, 1, 3], [false, false, false], [true, false, true]),
            ([5, 4, 6], [1, 2, 1], [false, true, false], [false, false, false]),
        ]
        for (index, step) in expected.enumerated() {
            let outcome = try environment.step(E.actions(environment, "step \(index)"))
            let record = try #require(outcome.record)
            #expect(record.episodes == step.episodes && record.steps == step.steps)
            #expect(outcome.terminated == step.terminated && outcome.truncated == step.truncated)
            let (shown, final) = (try outcome.observation.rows(), try outcome.finalObservation().rows())
            for row in 0..<3 {
                let range = row * 240..<(row + 1) * 240
                let ended = step.terminated[row] || step.truncated[row]
                #expect(Array(shown.scalars[range]) == Array((ended ? start : final).scalars[range]))
            }
        }
    }

    @Test("an episode at its horizon that has reached its goal is terminated, not truncated")
    func goalAtTheHorizon() throws {
        let environment = try E.environment(E.problem { _ in Reward(1, terminated: true) })
        _ = try environment.reset()
        let outcome = try environment.step(E.actions(environment, "x"))
        #expect(outcome.terminated == [true, true, true] && outcome.truncated == [false, false, false])
    }

    @Test("actions outside the box count as clamped, and the record shows them so")
    func clamping() throws {
        let environment = try E.environment(E.problem())
        _ = try environment.reset()
        let actions = try E.actions(environment, "clamp")
        let wide = try Tensor(actions.scalars.map { $0 * 5 }, shape: actions.shape)
        let narrow = try Tensor(wide.scalars.map { min(max($0, -1), 1) }, shape: actions.shape)
        let first = try environment.step(wide)
        #expect(first.record?.actions == narrow)
        #expect(try environment.step(narrow).rewards == first.rewards)
    }

    @Test("judging actions apart gives what a first step gives, and moves nothing")
    func evaluate() throws {
        let environment = try E.environment(E.problem(horizon: 4))
        _ = try environment.reset()
        let actions = try E.actions(environment, "apart")
        let stepped = try environment.step(actions)
        let before = environment.snapshot()
        let judged = try environment.evaluate(actions)
        #expect(judged.rewards.map(\.value) == stepped.rewards)
        #expect(environment.snapshot() == before)
        #expect(try environment.evaluate(Tensor.zeros([0, environment.actionSize])).rewards.isEmpty)
    }

    @Test("a reward gets its step, episode and progress, the base, and is called in candidate order")
    func rewardContext() throws {
        var calls: [(step: Int, episode: Int, candidate: Int, progress: Double)] = []
        var gains: [Double] = []
        let environment = try E.environment(
            E.problem(horizon: 2) { context in
                calls.append((context.step, context.episode, context.candidate, context.progress))
                gains.append(try context.value(.loss, set: 0) - context.base.value(.loss, candidate: 0, set: 0))
                return Reward(0)
            })
        _ = try environment.reset()
        environment.progress = 0.25
        for name in ["a", "b", "c"] { _ = try environment.step(E.actions(environment, name)) }
        #expect(calls.map(\.candidate) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(calls.map(\.step) == [1, 1, 1, 2, 2, 2, 1, 1, 1])
        #expect(calls.map(\.episode) == [1, 2, 3, 1, 2, 3, 4, 5, 6])
        #expect(calls.allSatisfy { $0.progress == 0.25 })
        #expect(gains.contains { $0 != 0 })
    }

    @Test("the network is unchanged, byte for byte, after everything")
    func networkIsUnchanged() throws {
        let problem = try E.problem(world: ShiftWorld(), layers: ["fc1", "fc2", "fc3"], horizon: 3)
        let names = problem.network.parameterNames
        let before = names.map { problem.network.parameter($0)?.scalars }
        let environment = try E.environment(problem)
        _ = try environment.reset()
        for step in 0..<7 { _ = try environment.step(E.actions(environment, "step \(step)")).finalObservation() }
        _ = try environment.evaluate(E.actions(environment, "apart"))
        #expect(names.map { problem.network.parameter($0)?.scalars } == before)
        #expect(names.map { environment.evaluator.network.parameter($0)?.scalars } == before)
        for layer in environment.evaluator.layers {
            #expect(layer.base.scalars == problem.network.parameter(layer.parameterName)?.scalars)
        }
    }

    @Test("gives the same bits for any number of workers")
    func workers() throws {
        let runs = try [1, 2, 3].map { workers in
            let environment = try E.environment(
                E.problem(world: ShiftWorld(), horizon: 3, reward: EditEnvironmentTests.staggered), environments: 11,
                workers: workers)
            _ = try environment.reset()
            return try (0..<5).map { step in
                let outcome = try environment.step(E.actions(environment, "step \(step)"))
                return (outcome.rewards, try outcome.observation.rows(), try outcome.finalObservation().rows())
            }
        }
        for run in runs.dropFirst() {
            for (own, first) in zip(run, runs[0]) { #expect(own == first) }
        }
    }

    // MARK: - Faults

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("names what is wrong with the settings")
    func settingErrors() throws {
        #expect(
            message { _ = try E.environment(E.problem(horizon: 0)) } == "MaskWorld: horizon must be at least 1, got 0")
        #expect(
            message { _ = try E.environment(E.problem(), environments: 0) }
                == "MaskWorld: environments must be at least 1, got 0")
        #expect(
            message { _ = try E.environment(E.problem(layers: ["fc"])) }
                == "unknown layer 'fc' (did you mean 'fc1'?); layers that can be edited: fc1, fc2, fc3")
    }

    @Test("names what is wrong with actions")
    func actionErrors() throws {
        let environment = try E.environment(E.problem())
        #expect(message { _ = try environment.step(Tensor.zeros([3, 32])) } == "step was called before reset")
        _ = try environment.reset()
        #expect(environment.actionSize == 32)
        #expect(
            message { _ = try environment.step(Tensor.zeros([3, 31])) }
                == "an action of this world has 32 numbers, got 31")
        #expect(
            message { _ = try environment.step(Tensor.zeros([96])) } == "an action of this world has 32 numbers, got 96"
        )
        #expect(
            message { _ = try environment.step(Tensor.zeros([2, 32])) }
                == "a step takes one action for each environment: expected 3, got 2")
        for value in [Float.nan, .infinity, -.infinity] {
            var values = [Float](repeating: 0, count: 96)
            values[32 + 4] = value
            let fault = message { _ = try environment.step(Tensor(values, shape: [3, 32])) }
            #expect(fault == "the action holds a value that is not a finite number at position 5")
        }
    }

    @Test(
        "a reward that is not a number stops the step, which then has not happened", arguments: [Double.nan, .infinity])
    func rewardErrors(value: Double) throws {
        let environment = try E.environment(
            E.problem(horizon: 3) { Reward($0.step == 2 && $0.episode == 2 ? value : Double($0.candidate)) })
        _ = try environment.reset()
        _ = try environment.step(E.actions(environment, "a"))
        let before = environment.snapshot()
        let fault = message { _ = try environment.step(E.actions(environment, "b")) }
        #expect(fault == "the reward is \(value) in episode 2, step 2: a reward must be a finite number")
        #expect(environment.snapshot() == before)
    }

    @Test("a reward's term that is not a number is named")
    func termErrors() throws {
        let environment = try E.environment(E.problem { _ in Reward(0, terms: [.init("keep", .nan)]) })
        _ = try environment.reset()
        #expect(
            message { _ = try environment.step(E.actions(environment, "a")) }
                == "the reward's term 'keep' is nan in episode 1, step 1: a term must be a finite number")
    }

    /// A world that answers whatever it is given, as a script's might.
    private struct FixedWorld: EditWorld, BoundWorld {
        let answer: [LayerEdit]
        let name = "FixedWorld"
        let settings: [(name: String, value: String)] = []
        let actionSize = 2
        func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld { self }
        func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit]
        {
            answer
        }
    }

    @Test("a custom world's misshapen or non-finite weights are refused")
    func customWorldErrors() throws {
        func fault(_ answer: [LayerEdit]) throws -> String {
            let environment = try E.environment(E.problem(world: FixedWorld(answer: answer)))
            _ = try environment.reset()
            let fault = message { _ = try environment.step(E.actions(environment, "a")) }
            #expect(message { _ = try environment.apply(Tensor([0, 0]), to: [.unchanged]) } == fault)
            return fault
        }
        #expect(try fault([.weights(.zeros([12, 20]))]) == "no error")
        let environment = try E.environment(E.problem(world: FixedWorld(answer: [.unchanged])))
        #expect(
            message { _ = try environment.apply(Tensor([0, 0]), to: [.weights(.zeros([20, 12]))]) }
                == "the edit of layer 'fc2' has weights of shape [20, 12], expected [12, 20]")
        #expect(
            try fault([.weights(.zeros([20, 12]))])
                == "the edit of layer 'fc2' has weights of shape [20, 12], expected [12, 20]")
        #expect(
            try fault([.weights(Tensor(repeating: .nan, shape: [12, 20]))])
                == "the edit of layer 'fc2' holds values that are not finite numbers")
        #expect(try fault([]) == "the edit of layer 'fc2' has 0 parts, expected one for each of 1 layers")
    }
}

@Suite("Observers")
struct ObserverTests {
    @Test("standardized weights have mean 0 and deviation 1 per layer; raw ones are the weights")
    func observers() throws {
        let layers = [
            try EditedLayer(name: "a", parameterName: "a.weight", weight: Fixture.tensor([8, 30], "a", scale: 0.05)),
            try EditedLayer(name: "b", parameterName: "b.weight", weight: Tensor(repeating: 3, shape: [2, 2])),
        ]
        func observe(_ observer: any Observer) -> [Float] {
            var features = [Float](repeating: .nan, count: observer.size(for: layers))
            features.withUnsafeMutableBufferPointer { observer.observe(layers.map(\.base), of: layers, into: $0) }
            return features
        }
        let standard = observe(StandardizedWeights()).map(Double.init)
        #expect(standard.count == 244)
        let mean = standard[..<240].reduce(0, +) / 240
        let variance = standard[..<240].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 240
        #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-5)
        // A layer of equal weights has no deviation to divide by.
        #expect(standard[240...].allSatisfy { $0 == 0 })
        #expect(observe(RawWeights()) == layers[0].base.scalars + layers[1].base.scalars)
    }

    @Test("statistics of weights are the mean and root mean square of each row and column")
    func weightStatistics() throws {
        let weight = try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
        let layer = try EditedLayer(name: "fc", parameterName: "fc.weight", weight: weight)
        let observer = WeightStatistics()
        #expect(observer.size(for: [layer]) == 10)
        var features = [Float](repeating: 0, count: 10)
        features.withUnsafeMutableBufferPointer { observer.observe([weight], of: [layer], into: $0) }
        let expected: [Float] = [
            -1.52128, -0.44530, 1.52128, 0.30089, -0.82808, -0.25137, 0.00000, -0.02222, 0.82808, 0.21800,
        ]
        for (value, exact) in zip(features, expected) { #expect(abs(value - exact) < 1e-4) }
        #expect(standardObserver(for: [layer]).name == "standardized")
        let wide = try EditedLayer(name: "wide", parameterName: "wide.weight", weight: Tensor.ones([257, 256]))
        #expect(standardObserver(for: [wide]).name == "statistics")
    }
}
