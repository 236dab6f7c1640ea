package import RLEditNN
package import RLEditTensor

/// The one numerical gradient check that every layer and loss passes.
///
/// A layer is compared with a reference in Double: its outputs directly, its gradients with central differences of a
/// random linear function of the reference's outputs. In Double the differences are exact to about 1e-9, so what is left is
/// the rounding of the layer itself.
package struct GradientCheck {
    /// What a layer should compute: flat outputs of flat inputs and parameters, all in PyTorch's order, rows first.
    package typealias Reference = (_ input: [Double], _ parameters: [[Double]]) -> [Double]

    /// Largest differences, each divided by 1 plus the largest magnitude of the reference.
    package struct Report {
        package var output = 0.0
        package var inputGradient = 0.0
        /// By parameter name.
        package var parameterGradients: [(name: String, error: Double)] = []

        package var worst: Double { parameterGradients.reduce(max(output, inputGradient)) { max($0, $1.error) } }
    }

    /// Step of the central differences: the error is of order step², and far from where rounding in Double matters.
    private static let step = 1e-5

    /// Runs a layer alone in a network on random examples and compares it with its reference.
    /// - Parameter inputScale: inputs are normal with this deviation.
    package static func run(
        _ layer: any Layer, inputShape: [Int], rows: Int, seed: UInt64 = 1, inputScale: Float = 1,
        reference: Reference
    ) throws -> Report {
        let random = RandomStream(seed: seed, name: "gradient check")
        let network = try Network(inputShape: inputShape, layers: [("layer", layer)], random: random.split("init"))
        let input = try normal([rows] + inputShape, random.split("input"), scale: inputScale)
        let arriving = try normal([rows] + network.outputShape, random.split("arriving"), scale: 1)
        let (outputs, inputGradient, parameterGradients) = try network.pullback(input) { _ in arriving }

        let x = input.scalars.map(Double.init)
        let weights = arriving.scalars.map(Double.init)
        let parameters = network.parameterNames.map { (network.parameter($0)?.scalars ?? []).map(Double.init) }
        func objective(_ x: [Double], _ parameters: [[Double]]) -> Double {
            zip(reference(x, parameters), weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        var report = Report()
        report.output = difference(outputs, reference(x, parameters))
        report.inputGradient = difference(inputGradient, differences(x) { objective($0, parameters) })
        for (index, name) in network.parameterNames.enumerated() {
            let expected = differences(parameters[index]) { value in
                var changed = parameters
                changed[index] = value
                return objective(x, changed)
            }
            report.parameterGradients.append((name, difference(parameterGradients[index], expected)))
        }
        return report
    }

    /// Compares a loss and its gradient with a reference in Double.
    /// - Returns: the larger of both differences.
    package static func run(
        _ loss: Loss, _ outputs: Tensor, _ targets: Targets, reference: ([Double]) -> Double
    ) throws -> Double {
        let (value, gradient) = try loss.valueAndGradient(outputs, targets)
        let x = outputs.scalars.map(Double.init)
        let expected = reference(x)
        return max(abs(Double(value) - expected) / (1 + abs(expected)), difference(gradient, differences(x, reference)))
    }

    /// A tensor of independent normal numbers.
    package static func normal(_ shape: [Int], _ random: RandomStream, scale: Float = 1) throws -> Tensor {
        var random = random
        var result = try Tensor.zeros(shape)
        result.withUnsafeMutableBufferPointer { random.fillNormal($0, scale: scale) }
        return result
    }

    private static func differences(_ x: [Double], _ function: ([Double]) -> Double) -> [Double] {
        x.indices.map { index in
            var (above, below) = (x, x)
            above[index] += step
            below[index] -= step
            return (function(above) - function(below)) / (2 * step)
        }
    }

    private static func difference(_ actual: Tensor, _ expected: [Double]) -> Double {
        guard actual.count == expected.count else { return .infinity }
        let largest = expected.reduce(1) { max($0, abs($1)) }
        return zip(actual.scalars, expected).reduce(0) { worst, pair in
            let distance = abs(Double(pair.0) - pair.1) / largest
            return distance.isNaN ? .infinity : max(worst, distance)
        }
    }
}
