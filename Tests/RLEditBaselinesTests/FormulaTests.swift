import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor
import Testing

/// Steps of the methods against their formulas, written out.
@Suite("Formulas of the methods")
struct FormulaTests {
    private func expectClose(_ actual: [Float], _ expected: [Float], _ tolerance: Float = 2e-6) {
        #expect(actual.count == expected.count)
        let worst = zip(actual, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(worst < tolerance, "off by \(worst)")
    }

    private func norm(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    @Test("One step of NegGrad+ is w − η (β ∇retain − (1 − β) ∇forget), scaled down when it is too long")
    func negGradPlus() throws {
        let tiny = try TinyProblem()
        let (retain, forget) = (try tiny.gradient(tiny.retain), try tiny.gradient(tiny.forget))
        let combined = zip(retain, forget).map { 0.7 * $0 - 0.3 * $1 }
        var method = NegGradPlus()
        (method.epochs, method.learningRate, method.retainWeight) = (1, 0.1, 0.7)
        for limit in [100, Double(norm(combined)) / 4] {
            method.gradientClipping = limit
            let scale = min(1, Float(limit) / norm(combined))
            let after = try method.run(tiny.problem()).network.flat
            expectClose(after, zip(tiny.network.flat, combined).map { $0 - 0.1 * scale * $1 })
        }
    }

    @Test("Gradient ascent goes up the loss of the forget set")
    func ascent() throws {
        let tiny = try TinyProblem()
        var method = GradientAscent()
        method.learningRate = 0.1
        let after = try method.run(tiny.problem()).network.flat
        expectClose(after, zip(tiny.network.flat, try tiny.gradient(tiny.forget)).map { $0 + 0.1 * $1 })
    }

    @Test("The penalty of ℓ1-sparse pulls each weight towards 0 by γ, and falls linearly over the epochs")
    func sparse() throws {
        let tiny = try TinyProblem()
        var method = L1Sparse()
        (method.epochs, method.learningRate, method.penalty) = (2, 0.1, 0.03)
        func sign(_ x: Float) -> Float { x > 0 ? 1 : x < 0 ? -1 : 0 }
        // Two steps with momentum 0.9; the second epoch's penalty is half of the first's.
        let start = tiny.network.flat
        let first = zip(try tiny.gradient(tiny.retain), start).map { $0 + 0.03 * sign($1) }
        let middle = zip(start, first).map { $0 - 0.1 * $1 }
        var network = tiny.network
        var offset = 0
        for name in network.parameterNames {
            let shape = try #require(network.parameter(name)?.shape)
            let count = shape.reduce(1, *)
            try network.setParameter(name, try Tensor(Array(middle[offset..<offset + count]), shape: shape))
            offset += count
        }
        let gradient = try tiny.gradient(tiny.retain, of: network)
        let second = zip(zip(gradient, middle).map { $0 + 0.015 * sign($1) }, first).map { $0 + 0.9 * $1 }
        expectClose(try method.run(tiny.problem()).network.flat, zip(middle, second).map { $0 - 0.1 * $1 })
    }

    @Test("SalUn changes the share of weights with the largest gradient of the forget set's loss, and no other")
    func saliency() throws {
        let tiny = try TinyProblem()
        let gradient = try tiny.gradient(tiny.forget).map(abs)
        var method = SalUn()
        method.saliency = 0.25
        let after = try method.run(tiny.problem()).network.flat
        let changed = Set(after.indices.filter { after[$0] != tiny.network.flat[$0] })
        let largest = gradient.indices.sorted { gradient[$0] > gradient[$1] }
            .prefix(Int((0.25 * Double(gradient.count)).rounded()))
        #expect(changed == Set(largest))
    }

    @Test("Retraining is a fit of a new network of the same seed to the retain set")
    func retrain() throws {
        let tiny = try TinyProblem()
        var expected = try Network(
            inputShape: [4], nodes: tiny.network.nodes, random: RandomStream(seed: 4, name: "init"))
        var options = TrainingOptions()
        (options.epochs, options.batchSize, options.seed) = (2, 128, 4)
        try expected.fit(
            try TensorBatchSource(inputs: tiny.retain.allInputs(), targets: .classes(tiny.retain.labels)),
            options: options)
        #expect(parameterBits(try Retrain().run(tiny.problem(seed: 4)).network) == parameterBits(expected))
    }

    @Test("SSD shrinks where the forget set's share of the importance passes α, by λ times the ratio, never grows")
    func dampening() {
        var method = SelectiveSynapticDampening()
        (method.selection, method.dampening) = (2, 0.5)
        #expect(method.factor(forget: 4, all: 1) == 0.125)
        #expect(method.factor(forget: 2, all: 1) == 1, "not more than α")
        #expect(method.factor(forget: 0, all: 0) == 1)
        method.dampening = 10
        #expect(method.factor(forget: 4, all: 1) == 1, "λ · ratio above 1")
    }

    @Test("SSD weighs the importances of both sets by their sizes")
    func importances() throws {
        let tiny = try TinyProblem(forget: 3, retain: 9)
        var method = SelectiveSynapticDampening()
        method.groupSize = 1
        func importance(_ set: ExampleSet) throws -> [Double] {
            var sums = [Double](repeating: 0, count: tiny.network.flat.count)
            for row in 0..<set.count {
                for (index, value) in try tiny.gradient(set.subset([row])).enumerated() {
                    sums[index] += Double(value) * Double(value) / Double(set.count)
                }
            }
            return sums
        }
        let (forget, retain) = (try importance(tiny.forget), try importance(tiny.retain))
        let expected = tiny.network.flat.indices.map { index -> Float in
            let all = 0.25 * forget[index] + 0.75 * retain[index]
            return tiny.network.flat[index] * Float(method.factor(forget: forget[index], all: all))
        }
        #expect(zip(tiny.network.flat, expected).contains { $0 != $1 })
        expectClose(try method.run(tiny.problem()).network.flat, expected, 1e-5)
    }

    @Test("The noise of Fisher forgetting is bounded, averaged over a unit's inputs, and tenfold where stated")
    func noise() throws {
        var method = FisherForgetting()
        method.noise = 1
        // 1/F: 1 and 4 in the first row; 1e8 bounded by 1e3, and 5, in the second.
        let matrix = try Tensor([1, 0.25, 0, 0.2], shape: [2, 2])
        let variances = method.variances(matrix, isOutput: false)
        #expect(zip(variances, [2.5, 2.5, 502.5, 502.5]).allSatisfy { abs($0 - $1) < 1e-3 })
        let output = method.variances(matrix, isOutput: true)
        #expect(zip(output, [25, 25, 525, 525]).allSatisfy { abs($0 - $1) < 1e-2 })
        let bias = method.variances(try Tensor([0.5], shape: [1]), isOutput: false)
        #expect(abs(bias[0] - 20) < 1e-3)
    }

    @Test("The bias edit lowers the biases of the forgotten classes and nothing else")
    func bias() throws {
        let tiny = try TinyProblem()
        let after = try BiasEdit().run(tiny.problem()).network
        let (old, new) = (tiny.network.flat, after.flat)
        #expect(new.indices.filter { new[$0] != old[$0] } == [new.count - 1])
        #expect(new.last == (old.last ?? 0) - 30)
        let bare = try Network(
            inputShape: [4], layers: [("fc", Linear(4, 3, bias: false))], random: RandomStream(seed: 0))
        #expect(throws: BaselineError.noOutputBias(layer: "fc")) {
            try BiasEdit().run(
                UnlearningProblem(
                    network: bare, forget: tiny.forget, retain: tiny.retain, seed: 0, pool: WorkerPool(workers: 1)))
        }
    }
}
