import Foundation
import RLEditCore
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Batch norm, layer norm and grouped convolutions give PyTorch's numbers")
struct NormalizationTests {
    /// A layer of the golden file `graph_layers`, with PyTorch's parameters.
    private func network(_ name: String, _ layer: any Layer, _ golden: SafetensorsFile) throws -> Network {
        let input = try golden.tensor("\(name)/input")
        var network = try Network(
            inputShape: Array(input.shape.dropFirst()), layers: [("layer", layer)], random: RandomStream(seed: 0))
        for parameter in layer.parameterShapes {
            try network.setParameter("layer.\(parameter.name)", try golden.tensor("\(name)/\(parameter.name)"))
        }
        return network
    }

    @Test("Outputs and gradients")
    func layers() throws {
        let golden = try Fixture.file("graph_layers")
        let cases: [(String, any Layer)] = [
            ("conv_grouped", Conv2D(6, 4, kernel: 3, padding: 1, groups: 2)),
            ("conv_depthwise", Conv2D(6, 6, kernel: 3, stride: 2, padding: 1, groups: 6, bias: false)),
            ("batch_norm", BatchNorm(3)), ("batch_norm_vector", BatchNorm(5, epsilon: 1e-3, momentum: 0.3)),
            ("layer_norm", LayerNorm(7)), ("layer_norm_tokens", LayerNorm(7, epsilon: 1e-12)),
            ("linear_tokens", Linear(5, 4)), ("gelu_tanh", Activation(.geluTanh)), ("silu", Activation(.silu)),
            ("hard_swish", Activation(.hardSwish)), ("hard_sigmoid", Activation(.hardSigmoid)),
            ("relu6", Activation(.relu6)), ("group_norm", GroupNorm(3, 6)),
            ("group_norm_vector", GroupNorm(2, 6, epsilon: 1e-3)), ("softmax", Softmax()),
            ("softmax_tokens", Softmax()), ("softmax_channels", Softmax()),
            ("slice_channels", Slice(first: 2, last: 5, step: 2)),
            ("slice_columns", Slice(dimension: 3, first: 3, last: 6)), ("slice_tokens", Slice(first: 2, last: 3)),
            ("slice_features", Slice(dimension: 2, last: 7, step: 3)),
        ]
        for (name, layer) in cases {
            let network = try network(name, layer, golden)
            let input = try golden.tensor("\(name)/input")
            let arriving = try golden.tensor("\(name)/output_gradient")
            let result = try network.pullback(input, mode: .training) { _ in arriving }
            #expect(difference(result.outputs, try golden.tensor("\(name)/output")) < 5e-6, "\(name): outputs")
            #expect(
                difference(result.inputGradient, try golden.tensor("\(name)/input_gradient")) < 1e-5, "\(name): input")
            for (index, parameter) in layer.parameters.enumerated() where parameter.isTrainable {
                let expected = try golden.tensor("\(name)/\(parameter.name)_gradient")
                #expect(difference(result.parameterGradients[index], expected) < 4e-5, "\(name): \(parameter.name)")
            }
        }
    }

    @Test(
        "Batch norm at inference, alone, after a convolution, and its gradients there", arguments: ["alone", "folded"])
    func inference(name: String) throws {
        let golden = try Fixture.file("graph_layers")
        let input = try golden.tensor("\(name)/input")
        var layers: [(name: String, layer: any Layer)] = [
            ("norm", BatchNorm(name == "alone" ? 3 : 4)), ("relu", Activation.relu),
        ]
        if name == "folded" { layers.insert(("conv", Conv2D(3, 4, kernel: 3)), at: 0) }
        var network = try Network(
            inputShape: Array(input.shape.dropFirst()), layers: layers, random: RandomStream(seed: 0))
        for parameter in network.parameterNames {
            try network.setParameter(parameter, try golden.tensor("\(name)/\(parameter)"))
        }
        let expected = try golden.tensor("\(name)/output")
        #expect(difference(try network.forward(input), expected) < 1e-5)
        let arriving = try golden.tensor("\(name)/output_gradient")
        let result = try network.pullback(input) { _ in arriving }
        #expect(difference(result.outputs, expected) < 1e-5)
        #expect(difference(result.inputGradient, try golden.tensor("\(name)/input_gradient")) < 1e-5)
        for (index, parameter) in network.parameterNames.enumerated() where !parameter.contains("running") {
            #expect(
                difference(result.parameterGradients[index], try golden.tensor("\(name)/\(parameter)_gradient")) < 5e-5,
                "\(parameter)")
        }
    }

    /// A residual network in small: a block with a shortcut and one with a stride, as ``scripts/golden/graph_layers.py`` has it.
    static func smallResNet() throws -> Network {
        func node(_ name: String, _ layer: any Layer, _ inputs: [Int]) -> Network.Node {
            Network.Node(name: name, layer: layer, inputs: inputs)
        }
        return try Network(
            inputShape: [3, 8, 8],
            nodes: [
                node("conv1", Conv2D(3, 8, kernel: 3, padding: 1, bias: false), [-1]), node("bn1", BatchNorm(8), [0]),
                node("relu1", Activation.relu, [1]),
                node("block1.conv1", Conv2D(8, 8, kernel: 3, padding: 1, bias: false), [2]),
                node("block1.bn1", BatchNorm(8), [3]), node("block1.relu", Activation.relu, [4]),
                node("block1.conv2", Conv2D(8, 8, kernel: 3, padding: 1, bias: false), [5]),
                node("block1.bn2", BatchNorm(8), [6]), node("block1.add", Add(), [7, 2]),
                node("block1.out", Activation.relu, [8]),
                node("block2.conv1", Conv2D(8, 12, kernel: 3, stride: 2, padding: 1, bias: false), [9]),
                node("block2.bn1", BatchNorm(12), [10]),
                node("block2.slice", AveragePool2D(1, stride: 2), [9]),
                node("block2.pad", PadChannels(before: 2, after: 2), [12]),
                node("block2.add", Add(), [11, 13]), node("block2.out", Activation.relu, [14]),
                node("pool", GlobalAveragePool2D(), [15]), node("fc", Linear(12, 5), [16]),
            ], random: RandomStream(seed: 3))
    }

    private static var threeSteps: TrainingOptions {
        var options = TrainingOptions()
        options.batchSize = 40
        options.learningRate = 0.05
        options.weightDecay = 0.01
        options.optimizer = .sgd(SGD(momentum: 0.9))
        options.shuffle = false
        return options
    }

    @Test("Three steps of training a residual network", arguments: [1, 2, 3])
    func training(workers: Int) throws {
        let golden = try Fixture.file("resnet_training")
        var network = try Self.smallResNet()
        for name in network.parameterNames { try network.setParameter(name, try golden.tensor("before/\(name)")) }
        let images = try golden.tensor("images")
        let labels = try Fixture.integers(golden, "labels")
        #expect(difference(try network.forward(images), try golden.tensor("before/logits")) < 2e-5)
        let source = try TensorBatchSource(inputs: images, targets: .classes(labels))
        let pool = WorkerPool(workers: workers)
        try network.fit(
            source, options: Self.threeSteps, pool: pool)
        for name in network.parameterNames {
            let distance = difference(try #require(network.parameter(name)), try golden.tensor("after/\(name)"))
            #expect(distance < 1e-4, "\(name): \(distance)")
        }
        #expect(difference(try network.forward(images), try golden.tensor("after/logits")) < 1e-3)
        if workers > 1 {
            var alone = try Self.smallResNet()
            for name in alone.parameterNames { try alone.setParameter(name, try golden.tensor("before/\(name)")) }
            try alone.fit(source, options: Self.threeSteps)
            #expect(parameterBits(alone) == parameterBits(network))
        }
    }

    @Test("A split inside a residual block gives the network's own outputs")
    func splitInsideBlock() throws {
        let golden = try Fixture.file("resnet_training")
        var network = try Self.smallResNet()
        for name in network.parameterNames { try network.setParameter(name, try golden.tensor("after/\(name)")) }
        let images = try golden.tensor("images")
        let whole = try network.forward(images)
        for name in ["conv1", "block1.conv1", "block1.conv2", "block2.conv1", "fc"] {
            let split = try NetworkSplit(network, at: [try #require(network.nodeIndex(named: name))])
            let outputs = try split.suffix.forward(
                .dense(try split.entering(.dense(images), layout: .channelsLast)), from: .channelsLast)
            #expect(difference(outputs, whole) < 1e-5, "\(name)")
        }
    }

    @Test("Sums, products and joined channels agree with their definitions and central differences")
    func combining() throws {
        // x · sigmoid(mean of x) and x, joined, and their sum with zeros around the channels: every path at once.
        let network = try Network(
            inputShape: [2, 3, 3],
            nodes: [
                .init(name: "pool", layer: GlobalAveragePool2D(), inputs: [-1]),
                .init(name: "gate", layer: Activation.sigmoid, inputs: [0]),
                .init(name: "product", layer: Multiply(), inputs: [-1, 1]),
                .init(name: "joined", layer: Concatenate(), inputs: [2, -1]),
                .init(name: "pad", layer: PadChannels(before: 1, after: 1), inputs: [-1]),
                .init(name: "sum", layer: Add(), inputs: [3, 4, 3]),
            ], random: RandomStream(seed: 0))
        func reference(_ x: [Double]) -> [Double] {
            var result: [Double] = []
            for row in 0..<2 {
                let channels = (0..<2).map { c in (0..<9).map { x[(row * 2 + c) * 9 + $0] } }
                let product = channels.map { c in c.map { $0 / (1 + exp(-c.reduce(0, +) / 9)) } }
                let joined = product + channels
                let padded = [[Double](repeating: 0, count: 9)] + channels + [[Double](repeating: 0, count: 9)]
                for c in 0..<4 { for p in 0..<9 { result.append(2 * joined[c][p] + padded[c][p]) } }
            }
            return result
        }
        let input = try GradientCheck.normal([2, 2, 3, 3], RandomStream(seed: 1))
        let arriving = try GradientCheck.normal([2, 4, 3, 3], RandomStream(seed: 2))
        let result = try network.pullback(input) { _ in arriving }
        let x = input.scalars.map(Double.init)
        for (actual, expected) in zip(result.outputs.scalars, reference(x)) {
            #expect(abs(Double(actual) - expected) < 1e-5)
        }
        for index in x.indices {
            var (above, below) = (x, x)
            above[index] += 1e-5
            below[index] -= 1e-5
            let slope = zip(zip(reference(above), reference(below)), arriving.scalars).reduce(0.0) {
                $0 + ($1.0.0 - $1.0.1) / 2e-5 * Double($1.1)
            }
            #expect(abs(Double(result.inputGradient.scalars[index]) - slope) < 1e-5)
        }
    }
}
