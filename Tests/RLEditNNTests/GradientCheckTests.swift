import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Every layer and loss agrees with a reference in Double and its central differences")
struct GradientCheckTests {
    typealias Reference = ReferenceLayers
    static let tolerance = 5e-6
    let image = Reference.Shape(2, 3, 7, 6)
    let imageShape = [3, 7, 6]

    private func expectClose(_ report: GradientCheck.Report, _ parameters: [String]) {
        #expect(report.worst < Self.tolerance, "\(report)")
        #expect(report.parameterGradients.map(\.name) == parameters)
    }

    @Test("Linear, with and without bias", arguments: [true, false])
    func linear(bias: Bool) throws {
        let report = try GradientCheck.run(Linear(5, 4, bias: bias), inputShape: [5], rows: 3) { x, p in
            Reference.linear(x, weight: p[0], bias: bias ? p[1] : nil, rows: 3, inputs: 5)
        }
        expectClose(report, bias ? ["layer.weight", "layer.bias"] : ["layer.weight"])
    }

    @Test("Conv2D over kernel, stride, padding and dilation of both directions")
    func convolution() throws {
        var dense = Reference.Slide(kernel: (3, 3))
        dense.padding = (1, 1)
        var sparse = Reference.Slide(kernel: (3, 2))
        (sparse.stride, sparse.padding, sparse.dilation) = ((2, 1), (1, 0), (1, 2))
        for slide in [dense, sparse] {
            for bias in [true, false] {
                let layer = Conv2D(
                    3, 4, kernel: slide.kernel, stride: slide.stride, padding: slide.padding,
                    dilation: slide.dilation, bias: bias)
                let report = try GradientCheck.run(layer, inputShape: imageShape, rows: 2) { x, p in
                    Reference.convolution(
                        x, image, weight: p[0], bias: bias ? p[1] : nil, outChannels: 4, slide)
                }
                expectClose(report, bias ? ["layer.weight", "layer.bias"] : ["layer.weight"])
            }
        }
    }

    @Test("Conv2D from one channel to sixteen, whose memory order the library blocks for")
    func firstConvolution() throws {
        var slide = Reference.Slide(kernel: (3, 3))
        slide.padding = (1, 1)
        let shape = Reference.Shape(2, 1, 5, 6)
        let report = try GradientCheck.run(Conv2D(1, 16, kernel: 3, padding: 1), inputShape: [1, 5, 6], rows: 2) {
            Reference.convolution($0, shape, weight: $1[0], bias: $1[1], outChannels: 16, slide)
        }
        expectClose(report, ["layer.weight", "layer.bias"])
    }

    @Test("Conv2D without bias goes by Winograd's products, and gives what the library gives with a bias of 0")
    func tiledConvolution() throws {
        func pulledBack(bias: Bool) throws -> (outputs: Tensor, inputGradient: Tensor, weightGradient: Tensor) {
            var network = try Network(
                inputShape: [16, 9, 8], layers: [("layer", Conv2D(16, 48, kernel: 3, padding: 1, bias: bias))],
                random: RandomStream(seed: 1))
            if bias { try network.setParameter("layer.bias", try Tensor.zeros([48])) }
            let input = try GradientCheck.normal([3, 16, 9, 8], RandomStream(seed: 2))
            let arriving = try GradientCheck.normal([3, 48, 9, 8], RandomStream(seed: 3))
            let (outputs, inputGradient, parameterGradients) = try network.pullback(input) { _ in arriving }
            return (outputs, inputGradient, parameterGradients[0])
        }
        let (tiled, library) = (try pulledBack(bias: false), try pulledBack(bias: true))
        #expect(tiled.outputs.scalars != library.outputs.scalars)
        #expect(difference(tiled.outputs, library.outputs) < 1e-5)
        #expect(difference(tiled.inputGradient, library.inputGradient) < 2e-5)
        #expect(difference(tiled.weightGradient, library.weightGradient) < 1e-4)
    }

    @Test("Pooling: apart and overlapping, with and without padding")
    func pooling() throws {
        let apart = Reference.Slide(kernel: (2, 2), stride: (2, 2), padding: (0, 0))
        let overlapping = Reference.Slide(kernel: (3, 3), stride: (2, 2), padding: (1, 1))
        for slide in [apart, overlapping] {
            let maximum = MaxPool2D(kernel: slide.kernel, stride: slide.stride, padding: slide.padding)
            expectClose(
                try GradientCheck.run(maximum, inputShape: imageShape, rows: 2) { x, _ in
                    Reference.maxPool(x, image, slide)
                }, [])
            for counts in [true, false] {
                let average = AveragePool2D(
                    kernel: slide.kernel, stride: slide.stride, padding: slide.padding, countsPadding: counts)
                expectClose(
                    try GradientCheck.run(average, inputShape: imageShape, rows: 2) { x, _ in
                        Reference.averagePool(x, image, slide, countsPadding: counts)
                    }, [])
            }
        }
        expectClose(
            try GradientCheck.run(GlobalAveragePool2D(), inputShape: imageShape, rows: 2) { x, _ in
                Reference.globalAveragePool(x, image)
            }, [])
    }

    @Test("Pooling over more channels than a vector register holds")
    func widePooling() throws {
        let slide = Reference.Slide(kernel: (2, 2), stride: (2, 2), padding: (0, 0))
        let shape = Reference.Shape(1, 19, 4, 4)
        expectClose(
            try GradientCheck.run(MaxPool2D(2), inputShape: [19, 4, 4], rows: 1) { x, _ in
                Reference.maxPool(x, shape, slide)
            }, [])
    }

    @Test("Flatten gives PyTorch's order")
    func flatten() throws {
        expectClose(try GradientCheck.run(Flatten(), inputShape: imageShape, rows: 2) { x, _ in x }, [])
    }

    @Test("The pixels of a picture as tokens, and a learned token before others")
    func tokens() throws {
        expectClose(
            try GradientCheck.run(PixelTokens(), inputShape: imageShape, rows: 2) { x, _ in
                let pixels = image.height * image.width
                return (0..<x.count).map { index in
                    let (row, rest) = index.quotientAndRemainder(dividingBy: pixels * image.channels)
                    let (pixel, channel) = rest.quotientAndRemainder(dividingBy: image.channels)
                    return x[(row * image.channels + channel) * pixels + pixel]
                }
            }, [])
        let report = try GradientCheck.run(ClassToken(5), inputShape: [4, 5], rows: 3) { x, p in
            (0..<3).flatMap { p[0] + x[$0 * 20..<($0 + 1) * 20] }
        }
        expectClose(report, ["layer.weight"])
    }

    @Test("Activations", arguments: Activation.Function.allCases)
    func activation(_ function: Activation.Function) throws {
        let report = try GradientCheck.run(Activation(function), inputShape: [40], rows: 2, inputScale: 2) { x, _ in
            x.map { value in
                switch function {
                case .relu: max(0, value)
                case .gelu: Reference.gelu(value)
                case .tanh: Reference.hyperbolicTangent(value)
                case .sigmoid: Reference.sigmoid(value)
                case .geluTanh:
                    value / 2
                        * (1
                            + Reference.hyperbolicTangent(
                                (2 / Double.pi).squareRoot() * (value + 0.044715 * value * value * value)))
                case .silu: value * Reference.sigmoid(value)
                case .hardSwish: value * min(max(value + 3, 0), 6) / 6
                case .hardSigmoid: min(max(value + 3, 0), 6) / 6
                case .relu6: min(max(value, 0), 6)
                }
            }
        }
        expectClose(report, [])
    }

    @Test("Group norm, from one group to as many as channels", arguments: [1, 3, 6])
    func groupNorm(groups: Int) throws {
        let shape = Reference.Shape(2, 6, 3, 4)
        let report = try GradientCheck.run(
            GroupNorm(groups, 6, epsilon: 1e-3), inputShape: [6, 3, 4], rows: 2, inputScale: 2
        ) { Reference.groupNorm($0, shape, groups: groups, epsilon: 1e-3, weight: $1[0], bias: $1[1]) }
        expectClose(report, ["layer.weight", "layer.bias"])
    }

    @Test("Softmax over features and over channels")
    func softmax() throws {
        expectClose(
            try GradientCheck.run(Softmax(), inputShape: [4, 5], rows: 3, inputScale: 2) { x, _ in
                Reference.softmax(x, width: 5, step: 1)
            }, [])
        expectClose(
            try GradientCheck.run(Softmax(), inputShape: imageShape, rows: 2, inputScale: 2) { x, _ in
                Reference.softmax(x, width: 3, step: 42)
            }, [])
    }

    @Test("Slices of every dimension of a picture", arguments: [1, 2, 3])
    func slice(dimension: Int) throws {
        let places = [[1], [1, 3, 5], [1, 3, 5]][dimension - 1]
        let layer = Slice(dimension: dimension, first: 2, last: imageShape[dimension - 1], step: 2)
        let report = try GradientCheck.run(layer, inputShape: imageShape, rows: 2) { x, _ in
            x.indices.filter { index in
                places.contains([index / 42 % 3, index / 6 % 7, index % 6][dimension - 1])
            }.map { x[$0] }
        }
        expectClose(report, [])
    }

    @Test("Settings that do not fit the input are named")
    func settings() throws {
        func reason(_ layer: any Layer, _ shape: [Int]) -> String {
            do { return "\(try layer.outputShape(for: shape))" } catch { return error.description }
        }
        #expect(reason(GroupNorm(4, 6), [6, 2, 2]).contains("a divisor of 6 channels"))
        #expect(reason(GroupNorm(2, 6), [4, 2, 2]).contains("[6, height, width] or [6]"))
        #expect(reason(Slice(dimension: 3, last: 2), [4, 2]).contains("between 1 and 2 for the shape [4, 2]"))
        #expect(reason(Slice(first: 3, last: 2), [4]).contains("between 3 and 4, the size of dimension 1"))
        #expect(reason(Slice(first: 5, last: 5), [4]).contains("between 1 and 4, the size of dimension 1"))
    }

    @Test("Dropout at inference, and in a pullback without random numbers, is the identity")
    func dropout() throws {
        expectClose(try GradientCheck.run(Dropout(0.4), inputShape: [7], rows: 3) { x, _ in x }, [])
    }

    @Test("Cross entropy")
    func crossEntropy() throws {
        let logits = try GradientCheck.normal([6, 5], RandomStream(seed: 3), scale: 3)
        let labels = [0, 4, 2, 2, 1, 3]
        let error = try GradientCheck.run(.crossEntropy, logits, .classes(labels)) { x in
            var sum = 0.0
            for (row, label) in labels.enumerated() {
                let logits = Array(x[(row * 5)..<(row * 5 + 5)])
                sum += Reference.logSumExp(logits) - logits[label]
            }
            return sum / 6
        }
        #expect(error < Self.tolerance)
    }

    @Test("Binary cross entropy and mean squared error")
    func elementwiseLosses() throws {
        let outputs = try GradientCheck.normal([4, 3], RandomStream(seed: 4), scale: 2)
        var stream = RandomStream(seed: 5)
        let targets = (0..<12).map { _ in stream.uniform() }
        let values = Targets.values(try Tensor(targets, shape: [4, 3]))
        func mean(_ x: [Double], _ term: (_ value: Double, _ target: Double) -> Double) -> Double {
            var sum = 0.0
            for (value, target) in zip(x, targets) { sum += term(value, Double(target)) }
            return sum / Double(x.count)
        }
        let binary = try GradientCheck.run(.binaryCrossEntropy, outputs, values) { x in
            mean(x) { value, target in Reference.logOnePlusExp(value) - target * value }
        }
        let squared = try GradientCheck.run(.meanSquaredError, outputs, values) { x in
            mean(x) { value, target in (value - target) * (value - target) }
        }
        #expect(max(binary, squared) < Self.tolerance)
    }
}

extension ReferenceLayers.Slide {
    init(kernel: (Int, Int), stride: (Int, Int), padding: (Int, Int)) {
        self.init(kernel: kernel)
        (self.stride, self.padding) = (stride, padding)
    }
}
