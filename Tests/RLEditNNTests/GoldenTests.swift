import RLEditCore
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Layers, losses, optimizers and training give PyTorch's numbers")
struct GoldenTests {
    @Test("A layer's outputs and all of its gradients")
    func layers() throws {
        let golden = try Fixture.file("layers")
        let cases: [(name: String, layer: any Layer)] = [
            ("linear", Linear(5, 4)), ("linear_no_bias", Linear(5, 4, bias: false)),
            ("conv", Conv2D(3, 4, kernel: 3, padding: 1)), ("conv_first", Conv2D(1, 16, kernel: 3, padding: 1)),
            (
                "conv_wide",
                Conv2D(3, 5, kernel: (3, 2), stride: (2, 1), padding: (1, 0), dilation: (1, 2))
            ),
            ("conv_no_bias", Conv2D(2, 3, kernel: 5, stride: 3, bias: false)), ("max_pool", MaxPool2D(2)),
            ("max_pool_overlap", MaxPool2D(3, stride: 2, padding: 1)), ("max_pool_wide", MaxPool2D(2)),
            ("average_pool", AveragePool2D(2)), ("average_pool_padded", AveragePool2D(3, stride: 2, padding: 1)),
            ("average_pool_inside", AveragePool2D(3, stride: 2, padding: 1, countsPadding: false)),
            ("global_average_pool", GlobalAveragePool2D()), ("flatten", Flatten()), ("relu", Activation.relu),
            ("gelu", Activation.gelu), ("tanh", Activation.tanh), ("sigmoid", Activation.sigmoid),
            ("relu_image", Activation.relu),
        ]
        for (name, layer) in cases {
            let input = try golden.tensor("\(name)/input")
            var network = try Network(
                inputShape: Array(input.shape.dropFirst()), layers: [("layer", layer)], random: RandomStream(seed: 0))
            for parameter in layer.parameterShapes {
                try network.setParameter("layer.\(parameter.name)", try golden.tensor("\(name)/\(parameter.name)"))
            }
            let arriving = try golden.tensor("\(name)/output_gradient")
            let (outputs, inputGradient, gradients) = try network.pullback(input) { _ in arriving }
            let expected = try golden.tensor("\(name)/output")
            #expect(difference(outputs, expected) < 3e-6, "\(name): outputs")
            #expect(difference(try network.forward(input), expected) < 3e-6, "\(name): outputs at inference")
            #expect(
                difference(inputGradient, try golden.tensor("\(name)/input_gradient")) < 5e-6, "\(name): input")
            for (index, parameter) in layer.parameterShapes.enumerated() {
                let expected = try golden.tensor("\(name)/\(parameter.name)_gradient")
                #expect(difference(gradients[index], expected) < 4e-5, "\(name): \(parameter.name)")
            }
        }
    }

    @Test("A loss's value and gradient, far from 0 too")
    func losses() throws {
        let golden = try Fixture.file("losses")
        let cases: [(String, Loss)] = [
            ("cross_entropy", .crossEntropy), ("cross_entropy_extreme", .crossEntropy),
            ("binary_cross_entropy", .binaryCrossEntropy), ("binary_cross_entropy_extreme", .binaryCrossEntropy),
            ("mean_squared_error", .meanSquaredError),
        ]
        for (name, loss) in cases {
            let targets: Targets =
                loss == .crossEntropy
                ? .classes(try Fixture.integers(golden, "\(name)/targets"))
                : .values(try golden.tensor("\(name)/targets"))
            let (value, gradient) = try loss.valueAndGradient(try golden.tensor("\(name)/outputs"), targets)
            let expected = try golden.tensor("\(name)/value").scalars[0]
            #expect(abs(value - expected) <= 1e-6 * (1 + expected), "\(name)")
            #expect(difference(gradient, try golden.tensor("\(name)/gradient")) < 1e-6, "\(name)")
        }
    }

    @Test("Seven steps of each optimizer")
    func optimizers() throws {
        let golden = try Fixture.file("optimizers")
        let gradients = try golden.tensor("gradients").scalars
        let cases: [(String, OptimizerConfiguration, Float, Float)] = [
            ("sgd", .sgd(SGD()), 0.1, 0), ("sgd_decay", .sgd(SGD()), 0.1, 0.05),
            ("sgd_momentum", .sgd(SGD(momentum: 0.9, dampening: 0.3)), 0.1, 0.05),
            ("sgd_nesterov", .sgd(SGD(momentum: 0.8, nesterov: true)), 0.1, 0), ("adam", .adam(Adam()), 0.01, 0),
            ("adam_decay", .adam(Adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-5)), 0.01, 0.1),
            ("adam_w", .adamW(Adam()), 0.01, 0.1),
        ]
        for (name, configuration, rate, decay) in cases {
            var optimizer = try Optimizer(configuration, parameterCount: 20)
            // Two tensors, to see that the second one's state is its own.
            let start = try golden.tensor("start").scalars
            var parameters = [Tensor(Array(start[..<8])), Tensor(Array(start[8...]))]
            for step in 0..<7 {
                let gradient = gradients[(step * 20)..<(step * 20 + 20)]
                try optimizer.step(
                    &parameters, gradients: [Tensor(Array(gradient.prefix(8))), Tensor(Array(gradient.dropFirst(8)))],
                    learningRate: rate, weightDecay: decay)
            }
            let end = Tensor(parameters.flatMap(\.scalars))
            #expect(difference(end, try golden.tensor("\(name)/end")) < 2e-6, "\(name)")
        }
    }

    @Test("Logits, loss and gradients of a network that PyTorch wrote")
    func network() throws {
        let golden = try Fixture.file("small_cnn_values")
        let (network, examples) = (try Fixture.smallCNN(), try Fixture.examples())
        #expect(difference(try network.forward(examples.inputs), try golden.tensor("logits")) < 1e-5)
        let gradient = try network.gradient(examples.inputs, examples.targets, loss: .crossEntropy)
        #expect(abs(gradient.loss - (try golden.tensor("loss").scalars[0])) < 1e-6)
        for (name, value) in zip(network.parameterNames, gradient.parameters) {
            #expect(difference(value, try golden.tensor("gradient/\(name)")) < 1e-6, "\(name)")
        }
    }

    @Test("Three epochs of Adam with weight decay and clipping, in batches with a rest")
    func training() throws {
        let golden = try Fixture.file("small_cnn_values")
        var network = try Fixture.smallCNN()
        var options = TrainingOptions()
        (options.epochs, options.batchSize, options.shuffle) = (3, 32, false)
        (options.learningRate, options.weightDecay, options.gradientClipping) = (3e-3, 1e-3, 0.5)
        let result = try network.fit(try Fixture.examples(), options: options)
        #expect(result.steps == 9)
        for name in network.parameterNames {
            let value = try #require(network.parameter(name))
            #expect(difference(value, try golden.tensor("trained/\(name)")) < 2e-5, "\(name)")
        }
    }
}
