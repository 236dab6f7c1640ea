import RLEditCore
import RLEditNN
import RLEditTensor
import Testing

/// What PyTorch's documentation and kernels define for NaN: `threshold`, `relu` and the activations give NaN for NaN, a
/// maximum over a window is NaN when the window holds one, sums and products keep it.
@Suite("NaN goes through networks as it does in PyTorch")
struct NotANumberTests {
    private func random(_ name: String) -> RandomStream { RandomStream(seed: 3, name: name) }

    private func values(_ shape: [Int], _ name: String) throws -> [Float] {
        var stream = random(name)
        return (0..<shape.reduce(1, *)).map { _ in stream.normal() }
    }

    private func network(_ shape: [Int], _ layers: [any Layer]) throws -> Network {
        try Network(
            inputShape: shape, layers: layers.enumerated().map { ("n\($0.offset)", $0.element) }, random: random("init")
        )
    }

    /// Bits, with one for all NaN, and one for both zeros.
    private func bits(_ values: [Float]) -> [UInt32] {
        values.map { $0.isNaN ? Float.nan.bitPattern : $0 == 0 ? 0 : $0.bitPattern }
    }

    /// A layer with a ReLU after it, which are one kernel, against the layer alone and a maximum of our own.
    private func expectReLU(_ layer: any Layer, _ shape: [Int], rows: Int = 3, name: String) throws {
        let alone = try network(shape, [layer])
        let joined = try network(shape, [layer, Activation.relu])
        for poison in [Float.nan, -.nan, .infinity, nil] {
            var inputs = try values([rows] + shape, name)
            if let poison { inputs[inputs.count / 2] = poison }
            let input = try Tensor(inputs, shape: [rows] + shape)
            let before = try alone.forward(input).scalars
            let expected = before.map { $0.isNaN ? Float.nan : max($0, 0) }
            if poison?.isNaN == true { #expect(before.contains { $0.isNaN }, "\(name): the case has no NaN") }
            #expect(bits(try joined.forward(input).scalars) == bits(expected), "\(name), \(poison as Any)")
            // The kernels that training runs are others.
            let training = try joined.pullback(input) { $0 }
            #expect(bits(training.outputs.scalars) == bits(expected), "\(name), training, \(poison as Any)")
        }
    }

    @Test("a rectifier after a linear layer keeps NaN", arguments: [true, false])
    func linear(bias: Bool) throws {
        for width in [1, 5, 16, 33] {
            try expectReLU(Linear(7, width, bias: bias), [7], name: "linear \(width)")
            try expectReLU(EmbeddingBag(7, width, bias: bias), [7], name: "bag \(width)")
        }
    }

    @Test(
        "a rectifier after a convolution keeps NaN, whatever the channels, the kernel and the bias",
        arguments: [(1, 16), (1, 3), (3, 5), (16, 32), (32, 16)], [true, false])
    func convolution(channels: (Int, Int), bias: Bool) throws {
        for kernel in [1, 3] {
            try expectReLU(
                Conv2D(channels.0, channels.1, kernel: kernel, padding: kernel / 2, bias: bias), [channels.0, 6, 6],
                name: "convolution \(channels) \(kernel)")
        }
    }

    @Test("sparse rows with NaN, and with infinite values of both signs, come out as NaN")
    func sparse() throws {
        let network = try network([4], [EmbeddingBag(4, 20), Activation.relu])
        let rows = try SparseRows(columns: 4, offsets: [0, 1, 2], indices: [1, 3], values: [.nan, 1])
        let output = try network.forward(.sparse(rows)).scalars
        #expect(output.prefix(20).allSatisfy { $0.isNaN } && output.suffix(20).allSatisfy { $0 >= 0 })
    }

    @Test(
        "each activation gives NaN for NaN, the limit for infinities, and keeps finite values", arguments: [1, 16, 37])
    func activations(count: Int) throws {
        for (function, low, high) in [
            (Activation.Function.relu, Float(0), Float.infinity), (.tanh, -1, 1), (.sigmoid, 0, 1),
            (.gelu, .nan, .infinity),
        ] {
            let network = try network([count], [Activation(function)])
            let finite = try values([count], "finite")
            let plain = try network.forward(Tensor(finite, shape: [1, count])).scalars
            #expect(plain.allSatisfy { $0.isFinite })
            for (poison, expected) in [(Float.nan, Float.nan), (-.infinity, low), (.infinity, high)] {
                var inputs = finite
                inputs[count - 1] = poison
                let output = try network.forward(Tensor(inputs, shape: [1, count])).scalars
                let actual = output[count - 1]
                // The exponential saturates, so that the logistic function ends a little above 0.
                let isLimit = actual == expected || abs(actual - expected) < 1e-37
                #expect(expected.isNaN ? actual.isNaN : isLimit, "\(function) of \(poison): \(actual)")
                #expect(output.dropLast().elementsEqual(plain.dropLast()), "\(function)")
            }
        }
    }

    @Test("the gradient of a rectifier goes through where its output is NaN, as threshold_backward says")
    func gradient() throws {
        let network = try network([4], [Activation.relu])
        let result = try network.pullback(Tensor([.nan, -1, 0, 2], shape: [1, 4])) { try Tensor.ones($0.shape) }
        #expect(result.inputGradient.scalars == [1, 0, 0, 1])
        let joined = try self.network([2], [Linear(2, 3), Activation.relu])
        let gradients = try joined.pullback(Tensor([.nan, 1], shape: [1, 2])) { try Tensor.ones($0.shape) }
        #expect(gradients.parameterGradients[0].scalars.contains { $0.isNaN })
    }

    @Test("NaN wins in each window of a maximum, wherever it is, over infinity too", arguments: [1, 3, 16, 20])
    func maximum(channels: Int) throws {
        for (kernel, stride, padding) in [(2, 2, 0), (3, 1, 1), (3, 2, 1)] {
            let network = try network([channels, 6, 6], [MaxPool2D(kernel, stride: stride, padding: padding)])
            for place in 0..<36 {
                var inputs = try values([channels, 6, 6], "pool")
                inputs[place] = .nan
                inputs[(place + 1) % 36] = .infinity
                let output = try network.forward(Tensor(inputs, shape: [1, channels, 6, 6])).scalars
                let side = (6 + 2 * padding - kernel) / stride + 1
                var expected: [Float] = []
                for c in 0..<channels {
                    for y in 0..<side {
                        for x in 0..<side {
                            var best = -Float.infinity
                            for i in 0..<kernel {
                                for j in 0..<kernel {
                                    let (row, column) = (y * stride + i - padding, x * stride + j - padding)
                                    guard (0..<6).contains(row), (0..<6).contains(column) else { continue }
                                    let value = inputs[c * 36 + row * 6 + column]
                                    if value.isNaN || value > best { best = best.isNaN ? best : value }
                                }
                            }
                            expected.append(best)
                        }
                    }
                }
                #expect(bits(output) == bits(expected), "NaN at \(place)")
            }
        }
    }

    @Test("means over windows and over everything are NaN where a value is")
    func means() throws {
        var inputs = try values([2, 4, 4], "mean")
        inputs[5] = .nan
        let input = try Tensor(inputs, shape: [1, 2, 4, 4])
        let windows = try network([2, 4, 4], [AveragePool2D(2)]).forward(input).scalars
        #expect(windows.map(\.isNaN) == [true, false, false, false, false, false, false, false])
        let all = try network([2, 4, 4], [GlobalAveragePool2D()]).forward(input).scalars
        #expect(all[0].isNaN && all[1].isFinite)
    }

    @Test("one NaN in an image makes all scores of that image NaN, and of no other")
    func wholeNetwork() throws {
        let network = try Models.digitCNN(random: random("init"))
        var inputs = try values([3, 1, 28, 28], "images")
        inputs[784 + 14 * 28 + 3] = .nan
        let scores = try network.forward(Tensor(inputs, shape: [3, 1, 28, 28])).scalars
        #expect(scores[10..<20].allSatisfy { $0.isNaN })
        #expect(scores[..<10].allSatisfy { $0.isFinite } && scores[20...].allSatisfy { $0.isFinite })
    }

    @Test("scores of which one is NaN are right for no label, and their loss is NaN")
    func losses() throws {
        func terms(_ loss: Loss, _ scores: [Float], classes: Int, _ targets: Targets) throws -> ObjectiveTerms {
            try scores.withUnsafeBufferPointer { buffer in
                try loss.evaluate(
                    try #require(buffer.baseAddress), rows: scores.count / classes, shape: [classes], targets, scale: 1,
                    gradient: nil)
            }
        }
        for place in 0..<3 {
            for label in 0..<3 {
                var scores: [Float] = [0, 0, 0]
                scores[place] = .nan
                if label != place { scores[label] = 5 }
                let result = try terms(.crossEntropy, scores, classes: 3, .classes([label]))
                #expect(result.correct == 0 && result.sum.isNaN, "NaN at \(place), label \(label)")
            }
        }
        for label in 0..<2 {
            let result = try terms(.binaryCrossEntropy, [.nan], classes: 1, .classes([label]))
            #expect(result.correct == 0 && result.sum.isNaN, "label \(label)")
        }
        #expect(try terms(.crossEntropy, [1, 3, 2, 2], classes: 2, .classes([1, 0])).correct == 2)
    }
}

@Suite("What training refuses")
struct TrainingDataTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test("inputs and targets that are not finite are named by example and place, before a step is made")
    func notFinite() throws {
        let sound = try Tensor([1, 2, 3, 4], shape: [2, 2])
        for (value, text) in [(Float.nan, "NaN"), (.infinity, "infinity"), (-.infinity, "-infinity")] {
            let bad = try Tensor([1, 2, 3, value], shape: [2, 2])
            let rest =
                " holds \(text) at [2]; every number must be finite in 32 bits: replace it, or leave the example out"
            #expect(
                message { _ = try TensorBatchSource(inputs: bad, targets: .classes([0, 1])) } == "inputs[2]\(rest)")
            #expect(message { _ = try TensorBatchSource(inputs: sound, targets: .values(bad)) } == "targets[2]\(rest)")
        }
        let vector = try Tensor([1, .nan], shape: [2])
        #expect(
            message { _ = try TensorBatchSource(inputs: sound, targets: .values(vector)) }.hasPrefix(
                "targets[2] holds NaN; every number"))
        let rows = try SparseRows(
            columns: 9, offsets: [0, 2, 2, 4], indices: [0, 8, 1, 7], values: [1, 2, 3, .infinity])
        #expect(
            message { _ = try SparseBatchSource(inputs: rows, targets: .classes([0, 1, 1])) }.hasPrefix(
                "inputs[3] holds infinity at [8]; every number"))
        let three = try Tensor(
            (0..<24).map { $0 == 17 ? .nan : Float($0) }, shape: [2, 3, 4])
        #expect(
            message { _ = try TensorBatchSource(inputs: three, targets: .classes([0, 1])) }.hasPrefix(
                "inputs[2] holds NaN at [2, 2]; every number"))
    }

    @Test("an error about targets and inputs of different counts gives both numbers")
    func unpaired() throws {
        let inputs = try Tensor.zeros([2, 2])
        #expect(
            message { _ = try TensorBatchSource(inputs: inputs, targets: .classes([0])) }
                == "2 inputs, but 1 label: each input needs one")
        #expect(
            message { _ = try TensorBatchSource(inputs: Tensor.zeros([1, 2]), targets: .values(inputs)) }
                == "1 input, but 2 targets: each input needs one")
    }

    @Test("a label without a score is named by the example's own index, whatever the order of the batches")
    func labels() throws {
        for place in [0, 17, 99, 140] {
            var labels = [Int](repeating: 1, count: 150)
            labels[place] = 3
            let source = try TensorBatchSource(inputs: Tensor.zeros([150, 2]), targets: .classes(labels))
            for (shuffle, batch) in [(true, 64), (false, 64), (true, 7)] {
                var network = try Models.mlp(widths: [2, 3], random: RandomStream(seed: 0))
                var options = TrainingOptions()
                (options.shuffle, options.batchSize) = (shuffle, batch)
                #expect(
                    message { _ = try network.fit(source, options: options, pool: WorkerPool(workers: 2)) }
                        == "example \(place + 1) has the label 3, but the network scores 3 classes: labels begin at 0 and "
                        + "go to 2")
            }
        }
    }

    @Test("a loss that really diverges still names the learning rate")
    func divergence() throws {
        let source = try TensorBatchSource(
            inputs: Tensor([1, -1, 2, 3], shape: [2, 2]), targets: .values(Tensor([1, -1], shape: [2, 1])))
        var network = try Models.mlp(widths: [2, 1], random: RandomStream(seed: 0))
        var options = TrainingOptions()
        options.loss = .meanSquaredError
        options.optimizer = .sgd(SGD())
        options.learningRate = .constant(1e20)
        options.epochs = 50
        #expect(message { _ = try network.fit(source, options: options) }.hasSuffix("try a lower learning rate"))
    }

    @Test("examples of another shape say how to bring them into shape, where that can be told")
    func shapes() throws {
        let images = try Network(
            inputShape: [1, 28, 28], layers: [("flatten", Flatten())], random: RandomStream(seed: 0))
        let flat = try Network(inputShape: [784], layers: [("fc", Linear(784, 2))], random: RandomStream(seed: 0))
        let colours = try Network(
            inputShape: [3, 8, 4], layers: [("flatten", Flatten())], random: RandomStream(seed: 0))
        let reshape = "; inputs:reshape { -1, 1, 28, 28 } brings them into that shape"
        for (network, shape, expected) in [
            (images, [10, 28, 28], "[N, 1, 28, 28], got [10, 28, 28]" + reshape),
            (images, [28, 28], "[N, 1, 28, 28], got [28, 28]" + reshape),
            (images, [10, 784], "[N, 1, 28, 28], got [10, 784]" + reshape),
            (images, [10, 28, 28, 1], "[N, 1, 28, 28], got [10, 28, 28, 1]" + reshape),
            (images, [10, 28, 29], "[N, 1, 28, 28], got [10, 28, 29]"),
            (
                flat, [10, 1, 28, 28],
                "[N, 784], got [10, 1, 28, 28]; inputs:reshape { -1, 784 } brings them into that shape"
            ),
            (flat, [784], "[N, 784], got [784]; inputs:reshape { -1, 784 } brings them into that shape"),
            (
                colours, [5, 8, 4, 3],
                "[N, 3, 8, 4], got [5, 8, 4, 3]; inputs:permute { 1, 4, 2, 3 } puts the channels first"
            ),
            (colours, [5, 3, 4, 8], "[N, 3, 8, 4], got [5, 3, 4, 8]"),
        ] as [(Network, [Int], String)] {
            #expect(
                message { _ = try network.forward(Tensor.zeros(shape)) } == "expected examples of shape \(expected)")
        }
    }
}
