internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

@Suite("Evaluator")
struct EvaluatorTests {
    /// Every metric of every candidate against the edited network run as a whole, which shares no code with the
    /// evaluator but the layers.
    private func expectAgreement(_ network: Network, _ layers: [String], classes: Int) throws {
        let sets = try Fixture.sets(for: network, classes: classes)
        let evaluator = try Evaluator(network: network, layers: layers, sets: sets, pool: Fixture.pool)
        let candidates = try Fixture.candidates(evaluator.layers, count: 19)
        let batch = try MetricSource(evaluator: evaluator).evaluate(candidates)
        let expectations = try candidates.prefix(Fixture.candidatePeriod).map { edits in
            let edited = try evaluator.editedNetwork(edits)
            return try sets.map { try Fixture.reference(edited, $0) }
        }
        for candidate in candidates.indices {
            for (index, set) in sets.enumerated() {
                let expected = expectations[candidate % Fixture.candidatePeriod][index]
                for metric in Metric.allCases {
                    let value = try batch.value(metric, candidate: candidate, set: index)
                    let exact = expected.mean(metric, set.examples.count)
                    #expect(
                        abs(value - exact) <= 1e-5 * max(1, abs(exact)),
                        "\(layers) candidate \(candidate) \(set.name).\(metric): \(value), expected \(exact)")
                }
            }
        }
    }

    @Test(
        "measures what the edited network as a whole gives, for each activation",
        arguments: Activation.Function.allCases)
    func activations(function: Activation.Function) throws {
        try expectAgreement(try Fixture.mlp(Activation(function)), ["fc2"], classes: 4)
    }

    @Test(
        "measures edits of the first, a middle, the last and several layers in any order",
        arguments: [["fc1"], ["fc2"], ["fc3"], ["fc1", "fc3"], ["fc3", "fc1"], ["fc2", "fc3", "fc1"]])
    func positions(layers: [String]) throws {
        try expectAgreement(try Fixture.mlp(), layers, classes: 4)
    }

    @Test(
        "measures edits of convolutions, after them, and across the flattening",
        arguments: [["conv1"], ["conv2"], ["fc1"], ["fc2"], ["conv2", "fc2"], ["fc2", "conv1"]])
    func convolutions(layers: [String]) throws {
        try expectAgreement(try Fixture.cnn(), layers, classes: 5)
    }

    @Test("takes a single score as that of the second of two classes", arguments: [["fc1"], ["fc3"]])
    func singleScore(layers: [String]) throws {
        let network = try Fixture.mlp(.tanh, outputs: 1)
        try expectAgreement(network, layers, classes: 2)
        let evaluator = try Evaluator(network: network, layers: layers, sets: [], pool: Fixture.pool)
        #expect(evaluator.classes == 2)
    }

    @Test("runs a suffix whose activations follow each other or a dropout")
    func activationsInARow() throws {
        let network = try Network(
            inputShape: [5],
            layers: [
                ("fc1", Linear(5, 18)), ("a", Activation.gelu), ("b", Activation.sigmoid), ("fc2", Linear(18, 7)),
                ("drop", Dropout(0.3)), ("c", Activation.relu), ("d", Activation.tanh), ("fc3", Linear(7, 24)),
                ("e", Activation.sigmoid), ("f", Activation.gelu), ("fc4", Linear(24, 3)), ("g", Activation.tanh),
                ("h", Activation.sigmoid),
            ], random: RandomStream(seed: 3))
        try expectAgreement(network, ["fc1"], classes: 3)
        try expectAgreement(network, ["fc1", "fc3"], classes: 3)
        try expectAgreement(network, ["fc4"], classes: 3)
    }

    @Test("measures wide layers, whose candidates are not grouped")
    func wideLayer() throws {
        let network = try Models.mlp(widths: [10, 300, 40, 3], random: RandomStream(seed: 5))
        try expectAgreement(network, ["fc1"], classes: 3)
        try expectAgreement(network, ["fc2", "fc1"], classes: 3)
    }

    @Test("gives the same bits for any number of workers")
    func workers() throws {
        for (network, layers, classes) in [
            (try Fixture.mlp(), ["fc2"], 4), (try Fixture.mlp(), ["fc1", "fc2"], 4), (try Fixture.cnn(), ["conv2"], 5),
        ] {
            let sets = try Fixture.sets(for: network, classes: classes)
            let results = try [1, 2, 3].map { workers in
                let evaluator = try Evaluator(
                    network: network, layers: layers, sets: sets, pool: WorkerPool(workers: workers))
                let candidates = try Fixture.candidates(evaluator.layers, count: 37)
                return try metrics(MetricSource(evaluator: evaluator).evaluate(candidates))
            }
            #expect(results[1] == results[0])
            #expect(results[2] == results[0])
        }
    }

    /// The library's kernels for processors without AVX-512 compute a row differently with other rows beside it, so there
    /// equality is to rounding only.
    @Test("gives a candidate the same numbers alone and among others")
    func grouping() throws {
        let exact = NumericKernels.current.libraryInstructionSet.hasPrefix("AVX512")
        for (layers, outputs) in [(["fc1"], 4), (["fc2", "fc3"], 4), (["fc3"], 1)] {
            let network = try Fixture.mlp(outputs: outputs)
            let evaluator = try Evaluator(
                network: network, layers: layers, sets: Fixture.sets(for: network, classes: max(outputs, 2)),
                pool: Fixture.pool)
            let source = MetricSource(evaluator: evaluator)
            let candidates = try Fixture.candidates(evaluator.layers, count: 37)
            let together = try metrics(source.evaluate(candidates))
            let reversed = try metrics(source.evaluate(candidates.reversed())).reversed()
            let alone = try candidates.map { try metrics(source.evaluate([$0]))[0] }
            for (index, expected) in together.enumerated() {
                for other in [alone[index], Array(reversed)[index]] {
                    for (a, b) in zip(other, expected) {
                        #expect(exact ? a == b : abs(a - b) <= 1e-6 * max(1, abs(b)), "candidate \(index): \(a), \(b)")
                    }
                }
            }
        }
    }

    private func metrics(_ batch: EvaluationBatch) throws -> [[Double]] {
        try batch.candidates.indices.map { candidate in
            try batch.setNames.indices.flatMap { set in
                try Metric.allCases.map { try batch.value($0, candidate: candidate, set: set) }
            }
        }
    }

    @Test("gives scores example by example, equal to the edited network's")
    func scores() throws {
        for (network, layers, classes) in [(try Fixture.mlp(), ["fc2"], 4), (try Fixture.cnn(), ["conv2", "fc1"], 5)] {
            let sets = try Fixture.sets(for: network, classes: classes)
            let evaluator = try Evaluator(network: network, layers: layers, sets: sets, pool: Fixture.pool)
            let candidates = try Fixture.candidates(evaluator.layers, count: 18)
            for set in sets.indices {
                let all = try evaluator.scores(of: candidates, set: set)
                for candidate in [0, 1, 2, 17] {
                    let expected = try evaluator.editedNetwork(candidates[candidate])
                        .forward(sets[set].examples.allInputs())
                    let single = try evaluator.scores(candidates[candidate], set: set)
                    #expect(all[candidate].shape == expected.shape && single.shape == expected.shape)
                    for ((a, b), exact) in zip(zip(all[candidate].scalars, single.scalars), expected.scalars) {
                        #expect(abs(a - exact) <= 1e-4 && abs(b - exact) <= 1e-4)
                    }
                }
                #expect(evaluator.labels(of: set) == sets[set].examples.labels)
            }
        }
    }

    @Test("metrics of hand-worked scores")
    func handWorked() throws {
        // The identity network scores what it is shown.
        var network = try Network(inputShape: [2], layers: [("fc", Linear(2, 2))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", Tensor([1, 0, 0, 1], shape: [2, 2]))
        try network.setParameter("fc.bias", Tensor([0, 0]))
        let inputs = try Tensor([0, 0, 2, 0, 0, 1], shape: [3, 2])
        let set = NamedSet(
            name: "three", examples: try ExampleSet(name: "three", source: "hand", inputs: inputs, labels: [0, 0, 0]))
        let evaluator = try Evaluator(network: network, layers: ["fc"], sets: [set], pool: Fixture.pool)
        let batch = try MetricSource(evaluator: evaluator).evaluate([[.unchanged]])
        func value(_ metric: Metric) throws -> Double { try batch.value(metric, candidate: 0, set: 0) }
        // (0, 0) is a tie, which class 0 wins; (2, 0) is right; (0, 1) is wrong.
        #expect(try value(.accuracy) == 2.0 / 3)
        // −ln ½ = 0.693147, −ln(1/(1+e⁻²)) = 0.126928, −ln(1/(1+e)) = 1.313262.
        #expect(abs(try value(.loss) - 0.7111122) < 1e-6)
        // Largest probabilities ½, 0.880797, 0.731059.
        #expect(abs(try value(.confidence) - 0.7039519) < 1e-6)
        // Probabilities of class 0: ½, 0.880797, 0.268941.
        #expect(abs(try value(.trueProbability) - 0.5499127) < 1e-6)
        // Margins 0, 2, −1.
        #expect(abs(try value(.margin) - 1.0 / 3) < 1e-6)
        // Entropies ln 2 = 0.693147, 0.365334, 0.582203.
        #expect(abs(try value(.entropy) - 0.5468947) < 1e-6)
    }

    @Test("cuts a network with a branch where it can be cut")
    func branch() throws {
        let network = try Network(
            inputShape: [4],
            nodes: [
                .init(name: "fc1", layer: Linear(4, 6), inputs: [-1]),
                .init(name: "act", layer: Activation.tanh, inputs: [0]),
                .init(name: "unused", layer: Linear(6, 6), inputs: [1]),
                .init(name: "fc2", layer: Linear(6, 3), inputs: [1]),
            ], random: RandomStream(seed: 8))
        try expectAgreement(network, ["fc2"], classes: 3)
        try expectAgreement(network, ["unused"], classes: 3)
    }

    /// Two residual blocks with batch norms whose statistics are no longer their initial ones.
    private func residual() throws -> Network {
        func node(_ name: String, _ layer: any Layer, _ inputs: [Int]) -> Network.Node {
            Network.Node(name: name, layer: layer, inputs: inputs)
        }
        func convolution(_ channels: Int) -> Conv2D { Conv2D(channels, 6, kernel: 3, padding: 1, bias: false) }
        var network = try Network(
            inputShape: [2, 6, 5],
            nodes: [
                node("stem", convolution(2), [-1]), node("bn0", BatchNorm(6), [0]), node("relu0", Activation.relu, [1]),
                node("conv1", convolution(6), [2]), node("bn1", BatchNorm(6), [3]), node("relu1", Activation.relu, [4]),
                node("conv2", convolution(6), [5]), node("bn2", BatchNorm(6), [6]), node("add1", Add(), [7, 2]),
                node("relu2", Activation.relu, [8]), node("conv3", convolution(6), [9]),
                node("bn3", BatchNorm(6), [10]),
                node("add2", Add(), [9, 11]), node("relu3", Activation.relu, [12]),
                node("pool", GlobalAveragePool2D(), [13]), node("fc", Linear(6, 3), [14]),
            ], random: RandomStream(seed: 8))
        for name in network.parameterNames where name.hasPrefix("bn") {
            let value = try Fixture.tensor([6], name, scale: 0.2)
            try network.setParameter(name, try Tensor(value.scalars.map { abs($0 + 1) }, shape: [6]))
        }
        return network
    }

    @Test(
        "measures edits inside residual blocks, shifts by their factors among them",
        arguments: [["stem"], ["conv1"], ["conv2"], ["conv3"], ["fc"], ["conv1", "conv3"]])
    func residualBlocks(layers: [String]) throws {
        let network = try residual()
        try expectAgreement(network, layers, classes: 3)
        let evaluator = try Evaluator(network: network, layers: layers, sets: [], pool: Fixture.pool)
        #expect(evaluator.takesShiftsByFactors == ["stem", "conv2", "conv3"].contains(layers.joined(separator: " ")))
    }

    /// Wide enough for products of many candidates' weights, over pictures of an odd size; the rest is a mean, or more.
    private func wide(pools: Bool) throws -> Network {
        func node(_ name: String, _ layer: any Layer, _ inputs: [Int]) -> Network.Node {
            Network.Node(name: name, layer: layer, inputs: inputs)
        }
        let convolution = Conv2D(16, 24, kernel: 3, padding: 1, bias: !pools)
        var nodes = [
            node("stem", Conv2D(2, 16, kernel: 3, padding: 1), [-1]), node("relu0", Activation.relu, [0]),
            node("conv", convolution, [1]), node("bn", BatchNorm(24), [2]),
            node("pad", PadChannels(before: 0, after: 8), [1]), node("add", Add(), [3, 4]),
        ]
        if pools {
            nodes += [node("relu1", Activation.relu, [5]), node("pool", GlobalAveragePool2D(), [6])]
        } else {
            nodes += [node("last", Conv2D(24, 4, kernel: 3), [5]), node("pool", Flatten(), [6])]
        }
        nodes.append(node("fc", Linear(24, 3), [7]))
        var network = try Network(inputShape: [2, 5, 4], nodes: nodes, random: RandomStream(seed: 9))
        for name in network.parameterNames where name.hasPrefix("bn") {
            let value = try Fixture.tensor([24], name, scale: 0.2)
            try network.setParameter(name, try Tensor(value.scalars.map { abs($0 + 1) }, shape: [24]))
        }
        return network
    }

    @Test("measures edits of all weights of a convolution side by side", arguments: [true, false])
    func wideConvolution(pools: Bool) throws {
        let network = try wide(pools: pools)
        try expectAgreement(network, ["conv"], classes: 3)
        let sets = try Fixture.sets(for: network, classes: 3)
        var results: [[Tensor]] = []
        for workers in [1, 3] {
            let evaluator = try Evaluator(
                network: network, layers: ["conv"], sets: sets, pool: WorkerPool(workers: workers))
            let candidates = try Fixture.candidates(evaluator.layers, count: 40)
            let together = try evaluator.scores(of: candidates, set: 1)
            for index in [0, 1, 7, 39] {
                #expect(try evaluator.scores(candidates[index], set: 1) == together[index])
            }
            results.append(together)
        }
        #expect(results[0] == results[1])
    }

    @Test("a shift's numbers do not depend on the other candidates of its group")
    func shiftsAlone() throws {
        let network = try residual()
        let sets = try Fixture.sets(for: network, classes: 3)
        let evaluator = try Evaluator(network: network, layers: ["conv3"], sets: sets, pool: Fixture.pool)
        let candidates = try (0..<9).map { index -> [LayerEdit] in
            [.shift(try Fixture.factors(evaluator.layers[0], rank: 1 + index % 3, "candidate \(index)"))]
        }
        let together = try evaluator.scores(of: candidates, set: 0)
        for (index, edits) in candidates.enumerated() {
            #expect(try evaluator.scores(edits, set: 0) == together[index])
        }
    }

    /// The last layer of an encoder, on tokens of six features; whether a token counts is the sign of one number of it, so
    /// that some texts have none.
    private func encoder(_ pooling: TokenPooling.Function, adds: Bool = true, scores: Int = 3) throws -> Network {
        func node(_ name: String, _ layer: any Layer, _ inputs: [Int]) -> Network.Node {
            Network.Node(name: name, layer: layer, inputs: inputs)
        }
        var network = try Network(
            inputShape: [5, 6],
            nodes: [
                node("mark", Linear(6, 1), [-1]), node("flat", Flatten(), [0]), node("mid", Linear(6, 8), [-1]),
                node("gelu", Activation.gelu, [2]), node("out", Linear(8, 6), [3]),
                adds ? node("add", Add(), [4, -1]) : node("add", Activation.gelu, [2]),
                node("norm", LayerNorm(6, epsilon: 1e-3), [adds ? 5 : 4]),
                node("pool", TokenPooling(pooling), pooling == .mean ? [6, 1] : [6]),
                node("fc", Linear(6, scores), [7]),
            ], random: RandomStream(seed: 8))
        for name in ["norm.weight", "norm.bias", "fc.bias"] {
            let shape = network.parameter(name)?.shape ?? []
            try network.setParameter(name, try Fixture.tensor(shape, name))
        }
        return network
    }

    @Test("measures shifts before an encoder's last norm by a few numbers of each token")
    func tokenShifts() throws {
        for (pooling, adds, scores) in [(TokenPooling.Function.mean, true, 3), (.mean, false, 1), (.first, true, 2)] {
            let network = try encoder(pooling, adds: adds, scores: scores)
            for layers in [["out"], ["mid"], ["fc"], ["mid", "out"]] {
                try expectAgreement(network, layers, classes: max(scores, 2))
                let evaluator = try Evaluator(network: network, layers: layers, sets: [], pool: Fixture.pool)
                #expect(evaluator.takesShiftsByFactors == (layers == ["out"]))
            }
        }
    }

    @Test("a token's shift gives the same bits alone, among others and for any number of workers")
    func tokenShiftsAlone() throws {
        let network = try encoder(.mean)
        let sets = try Fixture.sets(for: network, classes: 3)
        var results: [[Tensor]] = []
        for workers in [1, 3] {
            let evaluator = try Evaluator(
                network: network, layers: ["out"], sets: sets, pool: WorkerPool(workers: workers))
            let candidates = try (0..<40).map { index -> [LayerEdit] in
                [.shift(try Fixture.factors(evaluator.layers[0], rank: 1 + index % 3, "candidate \(index)"))]
            }
            let together = try evaluator.scores(of: candidates, set: 1)
            for index in [0, 13, 39] {
                #expect(try evaluator.scores(candidates[index], set: 1) == together[index])
            }
            results.append(together)
        }
        #expect(results[0] == results[1])
    }

    @Test("what is kept of tokens counts for the memory of what enters the layer")
    func tokenShiftsWithoutRoom() throws {
        let network = try encoder(.mean)
        let sets = try Fixture.sets(for: network, classes: 3)
        let whole = try Evaluator(network: network, layers: ["out"], sets: sets, pool: Fixture.pool)
        let tight = try Evaluator(
            network: network, layers: ["out"], sets: sets, prefixLimit: whole.prefixBytes, pool: Fixture.pool)
        #expect(whole.takesShiftsByFactors && tight.keepsPrefix && !tight.takesShiftsByFactors)
    }

    // MARK: - Faults

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    private func build(_ network: Network, _ layers: [String], _ sets: [NamedSet]) -> String {
        message { _ = try Evaluator(network: network, layers: layers, sets: sets, pool: Fixture.pool) }
    }

    @Test("names what is wrong with the layers")
    func layerErrors() throws {
        let network = try Fixture.cnn()
        let editable = "conv1, conv2, fc1, fc2"
        #expect(
            build(network, ["fc22"], [])
                == "unknown layer 'fc22' (did you mean 'fc2'?); layers that can be edited: \(editable)")
        #expect(build(network, ["banana"], []) == "unknown layer 'banana'; layers that can be edited: \(editable)")
        #expect(
            build(network, ["relu1"], [])
                == "layer 'relu1' cannot be edited: a ReLU has no weights; layers that can be edited: \(editable)")
        #expect(build(network, ["fc1", "fc1"], []) == "layer 'fc1' is named twice")
        #expect(build(network, [], []) == "world: layer names no layer")
        var broken = network
        try broken.setParameter("fc2.weight", Tensor(repeating: .nan, shape: [5, 9]))
        #expect(
            build(broken, ["fc2"], [])
                == "layer 'fc2' cannot be edited: its weights hold values that are not finite numbers")
        let images = try Network(
            inputShape: [1, 4, 4], layers: [("conv", Conv2D(1, 2, kernel: 3))], random: RandomStream(seed: 0))
        #expect(
            build(images, ["conv"], [])
                == "the network's output of shape [2, 2, 2] per example is not a vector of class scores")
    }

    @Test("names what is wrong with the sets")
    func setErrors() throws {
        let network = try Fixture.mlp()
        let empty = NamedSet(name: "forget", examples: try Fixture.set("x", 3, shape: [6], classes: 4).examples.take(0))
        #expect(build(network, ["fc1"], [empty]) == "set 'forget': holds no examples")
        #expect(
            build(network, ["fc1"], [try Fixture.set("retain", 3, shape: [7], classes: 4)])
                == "set 'retain': holds examples of shape [7], but the network takes [6]")
        let inputs = try Tensor.zeros([2, 6])
        let wrong = NamedSet(
            name: "retain", examples: try ExampleSet(name: "w", source: "w", inputs: inputs, labels: [1, 4]))
        #expect(
            build(network, ["fc1"], [wrong])
                == "set 'retain': example 2 has the label 4, but the network scores 4 classes: labels begin at 0 and go to 3"
        )
        let twice = try Fixture.set("retain", 3, shape: [6], classes: 4)
        #expect(build(network, ["fc1"], [twice, twice]) == "set 'retain': is named twice")
    }

    @Test("refuses edits that do not fit their layers instead of reading past them")
    func editErrors() throws {
        let network = try Fixture.mlp()
        let evaluator = try Evaluator(
            network: network, layers: ["fc2"], sets: [Fixture.set("s", 5, shape: [6], classes: 4)], pool: Fixture.pool)
        func measure(_ edits: [LayerEdit]) -> String {
            message {
                let batch = try MetricSource(evaluator: evaluator).evaluate([edits])
                _ = try batch.value(.accuracy, candidate: 0, set: 0)
            }
        }
        #expect(
            measure([.weights(try .zeros([12, 19]))])
                == "the edit of layer 'fc2' has weights of shape [12, 19], expected [12, 20]")
        let factors = try LowRankFactors(left: .zeros([12, 1]), right: .zeros([1, 21]))
        #expect(
            measure([.shift(factors)])
                == "the edit of layer 'fc2' has a right factor of shape [1, 21], expected [1, 20]")
        #expect(
            measure([.mask(accumulated: try .zeros([20, 12]), factors: nil)])
                == "the edit of layer 'fc2' has weights of shape [20, 12], expected [12, 20]")
        #expect(measure([]) == "the edit of layer 'fc2' has 0 parts, expected one for each of 1 layers")
        #expect(throws: WorldError.self) { try evaluator.editedNetwork([.weights(.zeros([1, 1]))]) }
        #expect(throws: WorldError.self) { try EditMagnitude(of: [.weights(.zeros([1, 1]))], on: evaluator.layers) }
    }
}
