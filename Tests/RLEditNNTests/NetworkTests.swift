import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Networks: parameters, shapes, prefix and suffix")
struct NetworkTests {
    private func network(seed: UInt64 = 1) throws -> Network {
        try Models.digitCNN(random: RandomStream(seed: seed, name: "init"))
    }

    private func images(_ rows: Int) throws -> Tensor {
        try GradientCheck.normal([rows, 1, 28, 28], RandomStream(seed: 7))
    }

    @Test("The digit CNN has the documented nodes, shapes and number of parameters")
    func digitCNN() throws {
        let network = try network()
        #expect(
            network.nodes.map(\.name) == [
                "conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "fc1", "relu3", "fc2", "relu4", "fc3",
            ])
        #expect(network.parameterCount == 160 + 4640 + 200_832 + 4128 + 330)
        #expect(network.parameterNames.prefix(4) == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"])
        #expect(network.parameter("conv2.weight")?.shape == [32, 16, 3, 3])
        #expect(network.parameter("fc2.weight")?.shape == [32, 128])
        let pool = try #require(network.nodeIndex(named: "pool2"))
        #expect(network.outputShape(ofNode: pool) == [32, 7, 7])
        #expect(network.outputShape == [10] && network.inputShape == [1, 28, 28])
        #expect(network.nodeIndex(named: "fc9") == nil)
    }

    @Test("Initial values are uniform in ±1/√fanIn, per name, and do not depend on other layers")
    func initialization() throws {
        let weight = try #require(try network().parameter("fc1.weight")).scalars
        let bound = 1 / Float(1568).squareRoot()
        #expect(weight.allSatisfy { abs($0) <= bound })
        let deviation = (weight.reduce(0) { $0 + Double($1) * Double($1) } / Double(weight.count)).squareRoot()
        #expect(abs(deviation / (Double(bound) / 3.0.squareRoot()) - 1) < 0.01)
        let alone = try Network(
            inputShape: [128], layers: [("fc2", Linear(128, 32))], random: RandomStream(seed: 1, name: "init"))
        #expect(alone.parameter("fc2.weight") == (try network().parameter("fc2.weight")))
        #expect(try network().parameter("fc2.weight") != network(seed: 2).parameter("fc2.weight"))
    }

    @Test("A copy that is edited shares what was not edited and leaves the original as it was")
    func copyOnWrite() throws {
        let original = try network()
        let input = try images(5)
        let (before, bits) = (try original.forward(input), parameterBits(original))
        var edited = original
        try edited.setParameter("fc2.weight", try Tensor.zeros([32, 128]))
        #expect(parameterBits(original) == bits)
        #expect(try original.forward(input) == before)
        #expect(try edited.forward(input) != before)
        #expect(edited.parameter("fc1.weight") == original.parameter("fc1.weight"))
    }

    @Test("The memory that a network works in goes with it")
    func workspaces() throws {
        weak var graph: NetworkGraph?
        func work() throws {
            let network = try network()
            _ = try network.forward(images(5))
            graph = network.graph
            try #require(graph != nil)
        }
        try work()
        #expect(graph == nil)
    }

    @Test(
        "Prefix and suffix together are the network, in both memory orders",
        arguments: ["conv2", "pool2", "fc1", "fc2"])
    func prefixAndSuffix(name: String) throws {
        let network = try network()
        let input = try images(70)
        let node = try #require(network.nodeIndex(named: name))
        let whole = try network.forward(input)
        for layout in [ActivationLayout.channelsFirst, .channelsLast] {
            let split = try NetworkSplit(network, at: [node])
            let entering = try split.entering(.dense(input), layout: layout)
            let output = try split.suffix.forward(.dense(entering), from: layout)
            #expect(difference(output, whole) < 1e-6)
        }
        let entering = try NetworkSplit(network, at: [node]).entering(.dense(input))
        #expect(entering.shape == [70] + network.outputShape(ofNode: node - 1))
    }

    @Test("A suffix with replaced parameters equals the network with them set")
    func replacing() throws {
        let network = try network()
        let input = try images(20)
        let node = try #require(network.nodeIndex(named: "fc2"))
        let weight = try GradientCheck.normal([32, 128], RandomStream(seed: 3))
        var edited = network
        try edited.setParameter("fc2.weight", weight)
        let split = try NetworkSplit(network, at: [node])
        let entering = try split.entering(.dense(input))
        let output = try split.suffix.forward(entering, replacing: ["fc2.weight": weight])
        #expect(output == (try NetworkSplit(edited, at: [node]).suffix.forward(entering)))
        #expect(output != (try split.suffix.forward(entering)))
    }

    @Test("Outputs are the same bytes for any number of workers")
    func workers() throws {
        let network = try network()
        let input = try images(300)
        let alone = try network.forward(input)
        for workers in [1, 2, 3] { #expect(try network.forward(input, pool: WorkerPool(workers: workers)) == alone) }
    }

    @Test("No rows give no outputs")
    func noRows() throws {
        #expect(try network().forward(try Tensor.zeros([0, 1, 28, 28])).shape == [0, 10])
    }

    @Test("The layer table names every layer with its settings, shape and parameters")
    func table() throws {
        let network = try Network(
            inputShape: [1, 4, 4],
            layers: [
                ("conv", Conv2D(1, 2, kernel: 3, padding: 1)), ("pool", MaxPool2D(2)), ("flat", Flatten()),
                ("fc", Linear(8, 3)),
            ], random: RandomStream(seed: 0))
        #expect(
            network.description == """
                layer  type                                   output     parameters
                input                                         [1, 4, 4]            
                conv   Conv2D (1 → 2, kernel 3×3, padding 1)  [2, 4, 4]          20
                pool   MaxPool2D (kernel 2×2)                 [2, 2, 2]            
                flat   Flatten                                [8]                  
                fc     Linear (8 → 3)                         [3]                27
                total                                                            47
                """)
    }

    @Test("Images can leave a network, in PyTorch's order")
    func imageOutput() throws {
        let input = try GradientCheck.normal([2, 3, 4, 5], RandomStream(seed: 1))
        let network = try Network(
            inputShape: [3, 4, 5], layers: [("relu", Activation.relu)], random: RandomStream(seed: 0))
        #expect(try network.forward(input).scalars == input.scalars.map { max(0, $0) })
    }
}

@Suite("What does not fit a network is refused, with the evidence")
struct NetworkErrorTests {
    private func build(_ layers: [(name: String, layer: any Layer)], _ inputShape: [Int] = [3, 8, 8]) throws {
        _ = try Network(inputShape: inputShape, layers: layers, random: RandomStream(seed: 0))
    }

    private func expect(_ message: String, _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) {
        do {
            try body()
            Issue.record("expected: \(message)", sourceLocation: location)
        } catch {
            #expect("\(error)" == message, sourceLocation: location)
        }
    }

    @Test("Layers that do not fit name the node and both shapes")
    func layers() {
        expect("layer 'fc': Linear: expected 5 features, got an input of shape [3, 8, 8]") {
            try build([("fc", Linear(5, 2))])
        }
        expect("layer 'conv': Conv2D: expected [4, height, width], got an input of shape [3, 8, 8]") {
            try build([("conv", Conv2D(4, 2, kernel: 3))])
        }
        expect(
            "layer 'conv': Conv2D: expected at least 9×9 with padding to fit one window, got an input of shape [3, 8, 8]"
        ) {
            try build([("conv", Conv2D(3, 2, kernel: 9))])
        }
        expect("layer 'pool': MaxPool2D: stride must be between 1 and 32768, got 0") {
            try build([("pool", MaxPool2D(2, stride: 0))])
        }
        expect("layer 'pool': AveragePool2D: padding must be at most half of the kernel, got 2") {
            try build([("pool", AveragePool2D(3, padding: 2))])
        }
        expect("layer 'drop': Dropout: rate must be at least 0 and below 1, got 1.0") {
            try build([("drop", Dropout(1))])
        }
        expect("layer 'fc': Linear: out_features must be between 1 and 2^24, got -1") {
            try build([("fc", Linear(3, -1))], [3])
        }
        expect("layer 'conv': Conv2D: kernel must be between 1 and 32768, got 9223372036854775807") {
            try build([("conv", Conv2D(3, 2, kernel: .max))])
        }
    }

    @Test("Names are unique, and no part of them is empty")
    func names() {
        expect("two layers are named 'a'") { try build([("a", Flatten()), ("a", Flatten())]) }
        expect("'' is not a layer name: it is empty") { try build([("", Flatten())]) }
        for name in [".", "a.", ".a", "a.b."] {
            expect("'\(name)' is not a layer name: it begins or ends with a dot") { try build([(name, Flatten())]) }
        }
        expect("'a..b' is not a layer name: it has two dots in a row") { try build([("a..b", Flatten())]) }
        expect("'a\\u{1b}b' is not a layer name: it holds a control character") {
            try build([("a\u{1B}b", Flatten())])
        }
        let (linear, other): (any Layer, any Layer) = (Conv2D(3, 3, kernel: 1), Activation.relu)
        for name in ["a.weight", "a.bias.b"] {
            let parameter = name == "a.weight" ? name : "a.bias"
            for layers in [[(name, other), ("a", linear)], [("a", linear), (name, other)]] as [[(String, any Layer)]] {
                expect("a layer cannot be named '\(name)': '\(parameter)' is a parameter of another layer") {
                    try build(layers)
                }
            }
        }
    }

    @Test("Parameters and examples of another shape")
    func values() throws {
        var network = try Models.mlp(widths: [4, 3], random: RandomStream(seed: 0))
        expect("parameter 'fc1.weight': expected shape [3, 4], got [4, 3]") {
            try network.setParameter("fc1.weight", Tensor.zeros([4, 3]))
        }
        expect("no parameter is named 'fc2.weight'; the parameters are fc1.weight, fc1.bias") {
            try network.setParameter("fc2.weight", Tensor.zeros([4, 3]))
        }
        expect("expected examples of shape [N, 4], got [2, 5]") {
            _ = try network.forward(Tensor.zeros([2, 5]))
        }
        expect("split: node 7 is outside a network of 1 layers") {
            _ = try NetworkSplit(network, at: [7])
        }
        expect("no parameter is named 'w'; the parameters are fc1.weight, fc1.bias") {
            _ = try network.forward(Tensor.zeros([2, 4]), replacing: ["w": Tensor.zeros([1])])
        }
    }

    @Test("Labels and targets that do not fit the loss")
    func targets() throws {
        let logits = try Tensor.zeros([2, 3])
        expect("example 2 has the label 3, but the network scores 3 classes: labels begin at 0 and go to 2") {
            _ = try Loss.crossEntropy.value(logits, .classes([0, 3]))
        }
        expect("cross_entropy: expected 2 targets, one per row, got 1") {
            _ = try Loss.crossEntropy.value(logits, .classes([0]))
        }
        expect("mean_squared_error: expected values of shape [2, 3], got shape [2, 4]") {
            _ = try Loss.meanSquaredError.value(logits, .values(Tensor.zeros([2, 4])))
        }
        expect("cross_entropy: expected class labels, got values") {
            _ = try Loss.crossEntropy.value(logits, .values(logits))
        }
    }
}
