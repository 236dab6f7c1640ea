import RLEditCore
import RLEditData
import RLEditLearners
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Run outcome")
struct RunOutcomeTests {
    private static let pool = WorkerPool(workers: 2)

    /// 300 points of two classes in three groups; the last one holds positives only when `isLopsided`.
    private func set(_ name: String, isLopsided: Bool = false) throws -> NamedSet {
        var stream = RandomStream(seed: 1, name: name)
        let values = (0..<900).map { _ in stream.normal() }
        let labels = (0..<300).map { values[3 * $0] + 0.5 * stream.normal() > 0 ? 1 : 0 }
        let last = isLopsided ? labels.indices.filter { $0 >= 200 && labels[$0] == 1 } : Array(200..<300)
        return NamedSet(
            name: name,
            examples: try ExampleSet(
                name: name, source: "random", inputs: Tensor(values, shape: [300, 3]), labels: labels
            ).withGroups(names: ["a", "b", "c"], members: [Array(0..<100), Array(100..<200), last]))
    }

    private func network(_ seed: UInt64) throws -> Network {
        try Network(
            inputShape: [3], layers: [("fc1", Linear(3, 4)), ("relu", Activation.relu), ("fc2", Linear(4, 2))],
            random: RandomStream(seed: seed))
    }

    private func problem(bias: Bool = false) throws -> EditProblem {
        var world = ShiftWorld.Configuration()
        world.bias = bias
        return EditProblem(
            network: try network(3), layers: ["fc2"], sets: [try set("identity")], world: ShiftWorld(world),
            reward: ClosureReward { Reward(try $0.value(.accuracy, set: 0)) })
    }

    private func outcome(heldOut: [NamedSet], measures: [String: [SetMetric]] = [:]) throws -> RunOutcome {
        var configuration = RandomSearch.Configuration()
        configuration.steps = 16
        let problem = try problem()
        let task = EditTask(
            name: "test", problem: problem, heldOut: heldOut, learner: RandomSearch(configuration), measures: measures)
        let loop = try EditLoop(task, seed: 0, pool: RunOutcomeTests.pool)
        _ = try loop.run()
        return try RunOutcome(of: loop, pool: RunOutcomeTests.pool)
    }

    @Test("a learner of policies over many networks does not take a task of one")
    func policiesOnly() throws {
        let task = EditTask(name: "test", problem: try problem(), heldOut: [], learner: PathwiseGradient())
        let refusal = #expect(throws: ConfigurationError.self) {
            try EditLoop(task, seed: 0, pool: RunOutcomeTests.pool)
        }
        #expect(refusal?.description.contains("give the task a 'distribution'") == true)
    }

    @Test("the threshold of equal error comes from the reward's set of the same name, else from the set itself")
    func thresholds() throws {
        let outcome = try outcome(heldOut: [try set("identity"), try set("others")])
        #expect(outcome.heldOut.map(\.thresholdSet) == ["identity", nil])
        let plain = try network(3)
        for (result, tuning) in zip(outcome.heldOut, ["identity", "others"]) {
            func measures(_ name: String) throws -> ScoreMeasures {
                let examples = try set(name).examples
                return try ScoreMeasures(
                    scores: plain.forward(examples.allInputs()), labels: examples.labels, groups: examples.groups,
                    set: name)
            }
            let threshold = try measures(tuning).binary().value(.equalErrorThreshold)
            let expected = try measures(result.set).errorDifference(threshold: threshold)
            let shown = try #require(result[.before]?.first { $0.name == "error_difference_at_eer" })
            #expect(abs(shown.value - expected) < 1e-9)
        }
    }

    @Test("groups have a row each, with every stage; another model is beside the run's own")
    func stages() throws {
        var outcome = try outcome(heldOut: [try set("identity")])
        #expect(outcome.groups.map(\.group) == ["a", "b", "c"])
        #expect(outcome.groups.map(\.examples) == [100, 100, 100])
        let before = try #require(outcome.groups[0].value("false_positive_rate", .before))
        try outcome.add(Stage("same"), network: try network(3))
        try outcome.add(Stage("other"), network: try network(4))
        let stages = outcome.heldOut[0].stages.stages.map(\.name)
        #expect(stages == ["before", "mean_policy", "best_seen", "same", "other"])
        #expect(outcome.groups[0].stages.stages.map(\.name) == stages)
        #expect(outcome.classes[0].stages.stages.map(\.name) == stages)
        #expect(outcome.groups[0].value("false_positive_rate", Stage("same")) == before)
        #expect(outcome.heldOut[0][Stage("same")] == outcome.heldOut[0][.before])
        #expect(outcome.heldOut[0][Stage("other")] != outcome.heldOut[0][.before])
    }

    @Test("without a run, models are measured to the bit as a run measures them", arguments: [false, true])
    func unedited(bias: Bool) throws {
        let held = try set("identity")
        var outcome = try RunOutcome(
            unedited: try problem(bias: bias), heldOut: [held], measures: [:], pool: RunOutcomeTests.pool)
        try outcome.add(Stage("same"), network: try network(3))
        #expect(outcome.heldOut[0].stages.stages.map(\.name) == ["before", "same"])
        #expect(outcome.heldOut[0][Stage("same")] == outcome.heldOut[0][.before])
        #expect(outcome.meanPolicy == nil && outcome.bestSeen == nil && outcome.unedited.isEmpty)
        guard !bias else { return }
        let run = try self.outcome(heldOut: [held])
        #expect(outcome.heldOut[0][.before] == run.heldOut[0][.before] && outcome.model == run.model)
        #expect(outcome.groups[0].stages[.before] == run.groups[0].stages[.before])
    }

    @Test("a model that lacks the run's layers is measured as it is, one without any weights too")
    func otherArchitecture() throws {
        var outcome = try outcome(
            heldOut: [try set("identity")], measures: ["identity": [.plain(.accuracy), .plain(.loss)]])
        let examples = try set("identity").examples
        let other = try Network(
            inputShape: [3], layers: [("a", Linear(3, 5)), ("relu", Activation.relu), ("b", Linear(5, 2))],
            random: RandomStream(seed: 5))
        // Scores 3 classes, the third of which no example has.
        let bare = try Network(inputShape: [3], layers: [("relu", Activation.relu)], random: RandomStream(seed: 5))
        for (name, network) in [("other", other), ("bare", bare)] {
            try outcome.add(Stage(name), network: network)
            let scores = try network.forward(examples.allInputs())
            let right = zip(PredictedClass.ofRows(scores), examples.labels).count { $0 == $1 }
            let accuracy = outcome.heldOut[0][Stage(name)]?.first { $0.name == "accuracy" }?.value
            #expect(abs((accuracy ?? -1) - Double(right) / 300) < 1e-9, "\(name)")
        }
    }

    @Test("what one class is called adds up to all of its examples; sets of several classes are left out")
    func answers() throws {
        let mixed = try set("mixed")
        let ones = NamedSet(name: "ones", examples: mixed.examples.partition { $0 == 1 }.matching)
        let outcome = try outcome(heldOut: [mixed, ones])
        #expect(outcome.answers.map(\.set) == ["ones"] && outcome.answers.map(\.group) == ["1"])
        let shares = try #require(outcome.answers.first)
        #expect(shares.examples == ones.examples.count)
        for (stage, numbers) in shares.stages.entries.map({ ($0.stage, $0.value) }) {
            #expect(abs(numbers.reduce(0) { $0 + $1.value } - 1) < 1e-12)
            let accuracy = outcome.heldOut[1][stage]?.first { $0.name == "accuracy" }?.value
            #expect(abs((numbers.first { $0.name == "1" }?.value ?? 0) - (accuracy ?? -1)) < 1e-6)
        }
        // Accuracy per class is that of the set of several classes: the other would count its class twice.
        #expect(outcome.classes.map(\.examples).reduce(0, +) == mixed.examples.count)
        #expect(!outcome.classes.map(\.isTarget).contains(true))
        // The unedited network on what the reward has read, and its own name.
        #expect(outcome.unedited.map(\.name) == ["identity.accuracy"])
        let identity = try set("identity").examples
        let scores = try network(3).forward(identity.allInputs()).scalars
        let right = identity.labels.enumerated().count { ($1 == 1) == (scores[2 * $0 + 1] > scores[2 * $0]) }
        let expected = Double(right) / 300
        #expect(abs(outcome.unedited[0].value - expected) < 1e-6)
        #expect(outcome.model.count == 64)
        #expect(try self.outcome(heldOut: []).model == outcome.model)
    }

    @Test("changed answers are those that an independent forward pass finds, furthest first, each example once")
    func changedAnswers() throws {
        let held = try set("held")
        let twice = NamedSet(name: "again", examples: held.examples.named("again"))
        let outcome = try outcome(heldOut: [held, twice])
        let edits = try #require(outcome.bestSeen)
        let changes = try outcome.changedAnswers(by: edits)
        var edited = try network(3)
        let layer = try EditedLayer(
            name: "fc2", parameterName: "fc2.weight", weight: #require(edited.parameter("fc2.weight")))
        try edited.apply(edits[0], to: layer)
        func answers(_ network: Network) throws -> [Int] {
            let scores = try network.forward(held.examples.allInputs()).scalars
            return (0..<300).map { scores[2 * $0 + 1] > scores[2 * $0] ? 1 : 0 }
        }
        let (before, after) = (try answers(network(3)), try answers(edited))
        #expect(changes.map(\.changed) == Array(repeating: zip(before, after).count { $0 != $1 }, count: 2))
        #expect(changes[0].changed > 0 && changes[0].examples == 300)
        for example in changes[0].shown {
            #expect(
                example.before.label == before[example.number - 1] && example.after.label == after[example.number - 1])
            #expect(example.before.label != example.after.label && example.content == .none)
            #expect(example.before.probability >= 0.5 && example.after.probability >= 0.5)
        }
        let reach = changes[0].shown.map { $0.before.probability + $0.after.probability }
        #expect(reach == reach.sorted(by: >))
        #expect(changes[0].shown.count <= 6)
    }

    @Test("an undefined measure is NaN, which tables show as –, and says why")
    func undefined() throws {
        let outcome = try outcome(
            heldOut: [try set("identity", isLopsided: true)],
            measures: ["identity": [.binary(.fped), .binary(.fned), .plain(.loss), .binary(.errorDifferenceAtEER)]])
        let numbers = try #require(outcome.heldOut[0][.before])
        #expect(numbers.map(\.name) == ["fped", "fned", "loss", "error_difference_at_eer"])
        #expect(numbers.map(\.value.isNaN) == [true, false, false, true])
        #expect(
            outcome.undefinedMeasures == [
                "'fped' of set 'identity' is undefined: group 'c' holds no example of class 0",
                "'error_difference_at_eer' of set 'identity' is undefined: group 'c' holds no example of class 0",
            ])
        #expect(outcome.groups[2].value("false_positive_rate", .before)?.isNaN == true)
    }
}
