internal import CKernels
internal import Foundation
internal import Testing

@Suite("Vector math")
struct VectorMathTests {
    /// Applies an activation of the evaluator to a row of values.
    private func apply(_ code: Int, _ values: [Float]) -> [Float] {
        var values = values
        let count = Int64(values.count)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            rl_bias_activate(1, count, base, count, nil, Int32(code))
        }
        return values
    }

    /// Points of a range, not aligned with any round number.
    private func grid(_ low: Double, _ high: Double, _ count: Int = 40_001) -> [Float] {
        (0..<count).map { Float(low + (high - low) * (Double($0) + 0.37) / Double(count)) }
    }

    private func ulps(_ value: Float, of exact: Double) -> Double {
        abs(Double(value) - exact) / Double(Float(exact).ulp)
    }

    @Test("the exponential is within 2 units in the last place of the exact one")
    func exponential() {
        let points = grid(-87.2, 88.2) + grid(-1, 1) + [0, -0.0]
        let worst =
            zip(points, apply(RL_ACTIVATION_EXPONENTIAL, points)).map { ulps($1, of: exp(Double($0))) }.max()
            ?? .infinity
        #expect(worst <= 2, "\(worst) ulp")
    }

    @Test("the exponential saturates instead of overflowing and keeps NaN")
    func exponentialEdges() {
        let results = apply(RL_ACTIVATION_EXPONENTIAL, [-.infinity, -1000, -87.4, 89, 1000, .infinity, .nan])
        #expect(results[0..<3].allSatisfy { $0 == 0 })
        #expect(results[3..<6].allSatisfy { $0.isFinite && $0 > 2e38 })
        #expect(results[6].isNaN)
    }

    @Test("the logarithm is within 2 units in the last place of the exact one")
    func logarithm() {
        let points =
            grid(1e-30, 1e-20) + grid(0.01, 1) + grid(0.999, 1.001) + grid(1, 1000) + grid(1e20, 1e38)
            + [1, 2, 0.5, Float(0.5).squareRoot(), .leastNormalMagnitude, .greatestFiniteMagnitude]
        let worst =
            zip(points, apply(RL_ACTIVATION_LOGARITHM, points)).map { ulps($1, of: log(Double($0))) }.max() ?? .infinity
        #expect(worst <= 2, "\(worst) ulp")
        #expect(apply(RL_ACTIVATION_LOGARITHM, [1]) == [0])
    }

    @Test("tanh is within 4e-7 of the exact one, and relatively so near 0")
    func hyperbolicTangent() {
        let points = grid(-12, 12) + grid(-0.7, 0.7) + [0, 100, -100, .infinity, -.infinity]
        for (point, value) in zip(points, apply(RL_TANH, points)) {
            #expect(abs(Double(value) - tanh(Double(point))) <= 4e-7)
        }
        let small = grid(-1e-3, 1e-3)
        for (point, value) in zip(small, apply(RL_TANH, small)) { #expect(ulps(value, of: tanh(Double(point))) <= 2) }
        #expect(apply(RL_TANH, [.nan])[0].isNaN)
    }

    @Test("the logistic function is within 4e-7 of the exact one")
    func logistic() {
        let points = grid(-100, 100) + grid(-5, 5)
        for (point, value) in zip(points, apply(RL_SIGMOID, points)) {
            #expect(abs(Double(value) - 1 / (1 + exp(-Double(point)))) <= 4e-7)
        }
        #expect(apply(RL_SIGMOID, [.nan])[0].isNaN)
    }

    @Test("GELU is x times an error function within 4e-7")
    func gaussianErrorUnit() {
        let points = grid(-12, 12) + grid(-1, 1)
        for (point, value) in zip(points, apply(RL_GELU, points)) {
            let x = Double(point)
            #expect(abs(Double(value) - 0.5 * x * (1 + erf(x / 2.0.squareRoot()))) <= 4e-7 * max(1, abs(x) / 2))
        }
        #expect(apply(RL_GELU, [.nan])[0].isNaN)
    }

    @Test("ReLU keeps NaN, as the network's own does")
    func rectifier() {
        let results = apply(RL_RELU, [-1, 0, 2, .nan, -.infinity, .infinity])
        #expect(results[0..<3] == [0, 0, 2])
        #expect(results[3].isNaN)
        #expect(results[4..<6] == [0, .infinity])
    }
}
