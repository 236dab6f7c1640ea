import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

/// The sum of two nodes: a layer from outside of the library, with two inputs.
struct Sum: Layer {
    let count: Int
    var kind: String { "Sum" }
    func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] { inputs[0] }
    func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(count: request.rows * count)
    }

    private final class Kernel: LayerKernel {
        let count: Int
        init(count: Int) { self.count = count }
        func forward(_ pass: ForwardPass) {
            for index in 0..<count { pass.output[index] = pass.inputs[0][index] + pass.inputs[1][index] }
        }
        func backward(_ pass: BackwardPass) {
            for case let gradient? in pass.inputGradients {
                gradient.update(from: pass.outputGradient, count: count)
            }
        }
    }
}

@Suite("Graphs: nodes with several inputs and several readers")
struct GraphTests {
    /// y = relu(a x) + b relu(a x) + x: a residual block whose input and inner output are each read twice.
    private func residual() throws -> Network {
        try Network(
            inputShape: [6],
            nodes: [
                .init(name: "a", layer: Linear(6, 6), inputs: [-1]),
                .init(name: "relu", layer: Activation.relu, inputs: [0]),
                .init(name: "b", layer: Linear(6, 6), inputs: [1]),
                .init(name: "inner", layer: Sum(count: 6), inputs: [1, 2]),
                .init(name: "outer", layer: Sum(count: 6), inputs: [3, -1]),
            ], random: RandomStream(seed: 2))
    }

    @Test("Outputs and gradients follow every path")
    func gradients() throws {
        let network = try residual()
        let input = try GradientCheck.normal([3, 6], RandomStream(seed: 3))
        let arriving = try GradientCheck.normal([3, 6], RandomStream(seed: 4))
        let parameters = try ["a.weight", "a.bias", "b.weight", "b.bias"].map {
            try #require(network.parameter($0)).scalars.map(Double.init)
        }
        func reference(_ x: [Double]) -> [Double] {
            let hidden = ReferenceLayers.linear(x, weight: parameters[0], bias: parameters[1], rows: 3, inputs: 6)
                .map { max(0, $0) }
            let inner = ReferenceLayers.linear(
                hidden, weight: parameters[2], bias: parameters[3], rows: 3, inputs: 6)
            return x.indices.map { hidden[$0] + inner[$0] + x[$0] }
        }
        let x = input.scalars.map(Double.init)
        let result = try network.pullback(input) { _ in arriving }
        for (actual, expected) in zip(result.outputs.scalars, reference(x)) {
            #expect(abs(Double(actual) - expected) < 1e-5)
        }
        #expect(difference(try network.forward(input), result.outputs) == 0)
        for index in x.indices {
            var (above, below) = (x, x)
            above[index] += 1e-5
            below[index] -= 1e-5
            var slope = 0.0
            let (high, low) = (reference(above), reference(below))
            for output in high.indices {
                slope += (high[output] - low[output]) / 2e-5 * Double(arriving.scalars[output])
            }
            #expect(abs(Double(result.inputGradient.scalars[index]) - slope) < 1e-5)
        }
    }

    @Test("A cut through a shortcut is refused, a cut at its end is not")
    func cuts() throws {
        let network = try residual()
        let input = try GradientCheck.normal([3, 6], RandomStream(seed: 3))
        #expect(throws: NetworkError.cut(before: "b", reads: "the input")) {
            _ = try network.activations(input, before: 2)
        }
        let chain = try Network(
            inputShape: [6],
            nodes: [
                .init(name: "a", layer: Linear(6, 6), inputs: [-1]),
                .init(name: "sum", layer: Sum(count: 6), inputs: [0, -1]),
                .init(name: "b", layer: Linear(6, 2), inputs: [1]),
            ], random: RandomStream(seed: 2))
        let entering = try chain.activations(input, before: 2)
        #expect(try chain.forward(from: 2, activations: entering) == chain.forward(input))
    }

    @Test("A node that nothing reads gets a gradient of zero")
    func unread() throws {
        let network = try Network(
            inputShape: [4],
            nodes: [
                .init(name: "dead", layer: Linear(4, 3), inputs: [-1]),
                .init(name: "live", layer: Linear(4, 2), inputs: [-1]),
            ], random: RandomStream(seed: 2))
        let input = try GradientCheck.normal([3, 4], RandomStream(seed: 3))
        let result = try network.gradient(input, .classes([0, 1, 1]), loss: .crossEntropy)
        #expect(result.parameters[0].scalars.allSatisfy { $0 == 0 })
        #expect(result.parameters[2].scalars.contains { $0 != 0 })
    }

    @Test("A node cannot read a later one")
    func order() {
        #expect(throws: NetworkError.invalidNodeInput(node: "a", input: 0)) {
            _ = try Network(
                inputShape: [4], nodes: [.init(name: "a", layer: Flatten(), inputs: [0])], random: RandomStream(seed: 0)
            )
        }
    }
}
