import RLEditBaselines
import RLEditCore
import RLEditData
import RLEditNN
import RLEditTensor
import Testing

@Suite("Every method of unlearning")
struct UnlearningMethodTests {
    /// Settings that suit a network this small; those that the defaults suit keep them.
    static var methods: [any UnlearningMethod] {
        var ascent = GradientAscent()
        ascent.learningRate = 0.02
        var stopped = GradientAscent.stopped
        stopped.learningRate = 0.02
        var negGrad = NegGradPlus()
        (negGrad.learningRate, negGrad.retainWeight) = (0.01, 0.98)
        var random = RandomLabel()
        random.learningRate = 0.02
        var salUn = SalUn()
        salUn.learningRate = 0.03
        var sparse = L1Sparse()
        (sparse.learningRate, sparse.epochs) = (0.05, 20)
        var tune = FineTune()
        tune.epochs = 20
        var scrub = SCRUB()
        (scrub.epochs, scrub.maximisingEpochs) = (6, 4)
        return [
            tune, ascent, stopped, negGrad, random, salUn, sparse, FisherForgetting(), scrub,
            GradientEdit(.weights, layers: ["fc2"]), GradientEdit(.mask, layers: ["fc2"]),
            GradientEdit(.shift, layers: ["fc2"]), GreedyPruning(layers: ["fc2"]), BiasEdit(), Retrain(),
            SelectiveSynapticDampening(), ContrastRule(layers: ["fc2"]), Erasure(layers: ["fc1"]),
            NeighbourTransport(layers: ["fc1"]), TaskArithmetic(), FinePruning(layers: ["fc2"]),
        ]
    }

    static var names: [String] { methods.map(\.name) }

    /// The method of this name.
    static func method(_ name: String) throws -> any UnlearningMethod {
        try #require(methods.first { $0.name == name })
    }

    /// Those that can be trusted to forget and to keep; the others are fragile, which is one of their results.
    static let reliable = names.filter {
        ![
            "gradient_ascent", "ssd", "retrain", "l1_sparse", "fine_tune", "task_arithmetic", "fine_pruning",
        ].contains($0)
    }

    @Test("forgets the class and keeps the rest, where it is not known to be fragile", arguments: reliable)
    func forgets(name: String) throws {
        let small = try SmallProblem.shared.get()
        let before = try small.judge(small.network)
        try #require(before.forget > 0.85 && before.retain > 0.85)
        let result = try Self.method(name).run(small.problem())
        let after = try small.judge(result.network)
        #expect(after.forget <= 0.1, "\(name): forget \(after.forget)")
        #expect(after.retain >= before.retain - 0.15, "\(name): retain \(after.retain)")
        #expect(result.name == name)
    }

    @Test("gives the same bytes for any number of workers, and leaves the given network alone", arguments: names)
    func determinism(name: String) throws {
        let small = try SmallProblem.shared.get()
        let original = parameterBits(small.network)
        let method = try Self.method(name)
        let one = try method.run(small.problem(workers: 1))
        let three = try method.run(small.problem(workers: 3))
        #expect(parameterBits(one.network) == parameterBits(three.network))
        #expect(one.cost.forwards == three.cost.forwards && one.cost.backwards == three.cost.backwards)
        #expect(parameterBits(small.network) == original)
        #expect(parameterBits(one.network) != original, "a method that changes nothing is none")
    }

    @Test(
        "draws from the seed",
        arguments: ["fine_tune", "gradient_ascent", "neg_grad_plus", "random_label", "salun", "scrub", "retrain"])
    func seeds(name: String) throws {
        let small = try SmallProblem.shared.get()
        let method = try Self.method(name)
        let first = try method.run(small.problem(seed: 1)).network
        let second = try method.run(small.problem(seed: 2)).network
        #expect(parameterBits(first) != parameterBits(second))
    }

    @Test("says which set is empty, of another shape, or labelled beyond the classes")
    func badSets() throws {
        let tiny = try TinyProblem()
        func error(_ method: any UnlearningMethod, forget: ExampleSet, retain: ExampleSet) -> BaselineError? {
            let problem = UnlearningProblem(
                network: tiny.network, forget: forget, retain: retain, seed: 0, pool: WorkerPool(workers: 1))
            do { _ = try method.run(problem) } catch { return error as? BaselineError }
            return nil
        }
        let empty = try tiny.forget.take(0)
        #expect(error(SCRUB(), forget: empty, retain: tiny.retain) == .emptySet("forget"))
        #expect(error(SCRUB(), forget: tiny.forget, retain: empty) == .emptySet("retain"))
        // A method that does not look at a set does not mind it.
        #expect(error(FineTune(), forget: empty, retain: tiny.retain) == nil)
        let wide = try ExampleSet(name: "w", source: "test", inputs: Tensor.zeros([2, 5]), labels: [0, 1])
        #expect(
            error(FineTune(), forget: empty, retain: wide) == .exampleShape(set: "retain", expected: [4], actual: [5]))
        let far = try ExampleSet(name: "f", source: "test", inputs: Tensor.zeros([2, 4]), labels: [0, 3])
        #expect(
            error(FineTune(), forget: empty, retain: far)
                == .labelOutOfRange(set: "retain", example: 1, label: 3, classes: 3))
        let all = try tiny.forget.concat(tiny.retain)
        // Random examples of all classes get any label but their own.
        #expect(error(RandomLabel(), forget: all, retain: tiny.retain) == nil)
        #expect(error(BiasEdit(), forget: all, retain: tiny.retain) == .noOtherClass(classes: 3))
    }

    @Test("names the setting that is out of range")
    func badSettings() throws {
        func field(_ method: any UnlearningMethod) -> String? {
            do { try method.validate() } catch { return (error as? ConfigurationError)?.field ?? "\(error)" }
            return nil
        }
        for method in Self.methods { #expect(field(method) == nil, "\(method.name)") }
        var negGrad = NegGradPlus()
        negGrad.retainWeight = 1.5
        #expect(field(negGrad) == "retainWeight")
        var scrub = SCRUB()
        scrub.maximisingEpochs = 4
        #expect(field(scrub) == "maximisingEpochs")
        var tune = FineTune()
        tune.epochs = 0
        #expect(field(tune) == "epochs")
        tune = FineTune()
        tune.learningRate = .nan
        #expect(field(tune) == "learningRate")
    }

    @Test("reports a network that was lost on the way instead of returning it")
    func divergence() throws {
        var tune = FineTune()
        tune.learningRate = 3e38
        #expect(throws: NetworkError.self) { try tune.run(try TinyProblem().problem()) }
    }

    @Test("stops when it is asked to")
    func stop() throws {
        #expect(throws: BaselineError.interrupted) {
            try FineTune().run(try TinyProblem().problem()) { share in share < 0.5 }
        }
    }
}
