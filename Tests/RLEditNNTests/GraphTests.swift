import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

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
                .init(name: "inner", layer: Add(), inputs: [1, 2]),
                .init(name: "outer", layer: Add(), inputs: [3, -1]),
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

    @Test(
        "A split between any two nodes gives what the whole network gives",
        arguments: [[0], [1], [2], [3], [4], [0, 2]])
    func splits(at nodes: [Int]) throws {
        let network = try residual()
        let input = try GradientCheck.normal([3, 6], RandomStream(seed: 3))
        let split = try NetworkSplit(network, at: nodes)
        let entering = try split.entering(.dense(input))
        #expect(difference(try split.suffix.forward(entering), try network.forward(input)) < 1e-6)
        // An edit of the nodes leaves what enters the suffix alone.
        for name in split.suffix.parameterNames {
            #expect(split.prefix.parameter(name) == nil)
        }
    }

    @Test("What goes past a node is part of the frontier")
    func frontier() throws {
        let split = try NetworkSplit(try residual(), at: [2])
        // Before b: its own input, which the inner sum reads too, and the network's input for the outer sum.
        #expect(split.parts.map(\.node) == [-1, 1])
        #expect(split.suffix.inputShape == [12])
        #expect(split.suffix.parameterNames == ["b.weight", "b.bias"])
        #expect(split.prefix.parameterNames == ["a.weight", "a.bias"])
        // In a chain it is what enters the node, in its own shape.
        let digits = try Models.digitCNN(random: RandomStream(seed: 1))
        let chain = try NetworkSplit(digits, at: [try #require(digits.nodeIndex(named: "conv2"))])
        #expect(chain.suffix.inputShape == [16, 14, 14])
        #expect(chain.suffix.nodes.first?.name == "conv2")
        #expect(try NetworkSplit(digits, at: [0]).prefix.nodes.isEmpty)
    }

    @Test("A suffix is differentiated through every part of its frontier")
    func suffixGradients() throws {
        let network = try residual()
        let input = try GradientCheck.normal([3, 6], RandomStream(seed: 3))
        let arriving = try GradientCheck.normal([3, 6], RandomStream(seed: 4))
        let split = try NetworkSplit(network, at: [2])
        let byFrontier = try split.suffix.pullback(try split.entering(.dense(input))) { _ in arriving }.inputGradient
        let ahead = try split.prefix.pullback(input) { _ in byFrontier }.inputGradient
        #expect(difference(ahead, try network.pullback(input) { _ in arriving }.inputGradient) < 1e-5)
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
