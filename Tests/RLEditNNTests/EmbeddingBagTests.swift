import RLEditCore
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("The embedding bag, and sparse inputs on their way through a network")
struct EmbeddingBagTests {
    /// Random bags over `columns` words, row `i` of `i % 8` words.
    private func bags(_ count: Int, columns: Int) throws -> SparseRows {
        var random = RandomStream(seed: 3, name: "bags")
        var offsets = [0]
        var indices: [Int32] = []
        var values: [Float] = []
        for row in 0..<count {
            indices += random.permutation(columns).prefix(row % 8).sorted().map { Int32($0) }
            while values.count < indices.count { values.append(random.uniform(0.1, 2)) }
            offsets.append(indices.count)
        }
        return try SparseRows(columns: columns, offsets: offsets, indices: indices, values: values)
    }

    private func dense(_ rows: SparseRows) -> Tensor {
        let result = Tensor(uninitialized: [rows.count, rows.columns], count: rows.count * rows.columns)
        rows.copyDense(0..<rows.count, into: result.storage.pointer)
        return result
    }

    private func network(_ first: any Layer, words: Int = 40, seed: UInt64 = 0) throws -> Network {
        try Network(
            inputShape: [words], layers: [("embedding", first), ("relu1", Activation.relu), ("fc1", Linear(9, 3))],
            random: RandomStream(seed: seed))
    }

    @Test("dense inputs: outputs and gradients against the reference in Double", arguments: [true, false])
    func gradientCheck(bias: Bool) throws {
        let (words, units) = (5, 4)
        let report = try GradientCheck.run(EmbeddingBag(words, units, bias: bias), inputShape: [words], rows: 3) {
            x, p in
            let transposed = (0..<(words * units)).map { p[0][$0 % words * units + $0 / words] }
            return ReferenceLayers.linear(x, weight: transposed, bias: bias ? p[1] : nil, rows: 3, inputs: words)
        }
        #expect(report.worst < GradientCheckTests.tolerance, "\(report)")
    }

    @Test("sparse inputs give the numbers of the same inputs with their zeros", arguments: [true, false])
    func sparseAgainstDense(bias: Bool) throws {
        let network = try network(EmbeddingBag(40, 9, bias: bias))
        let rows = try bags(70, columns: 40)
        let filled = dense(rows)
        #expect(difference(try network.forward(.sparse(rows)), try network.forward(filled)) < 2e-6)
        let split = try NetworkSplit(network, at: [2])
        #expect(
            difference(try split.entering(.sparse(rows)), try split.entering(.dense(filled))) < 2e-6)
        #expect(try NetworkSplit(network, at: [0]).entering(.sparse(rows)).scalars == filled.scalars)
        let labels = Targets.classes((0..<70).map { $0 % 3 })
        let (a, b) = (
            try network.gradient(.sparse(rows), labels, loss: .crossEntropy),
            try network.gradient(filled, labels, loss: .crossEntropy)
        )
        #expect(abs(a.loss - b.loss) < 1e-6)
        for (index, name) in network.parameterNames.enumerated() {
            #expect(difference(a.parameters[index], b.parameters[index]) < 2e-6, "\(name)")
        }
    }

    @Test("before another layer sparse inputs are made dense, with the same results to the bit")
    func otherFirstLayer() throws {
        let network = try network(Linear(40, 9))
        let rows = try bags(150, columns: 40)
        #expect(try network.forward(.sparse(rows)).scalars == network.forward(dense(rows)).scalars)
        let labels = Targets.classes((0..<150).map { $0 % 3 })
        let sparse = try network.gradient(.sparse(rows), labels, loss: .crossEntropy)
        let filled = try network.gradient(dense(rows), labels, loss: .crossEntropy)
        #expect(sparse.parameters.map(\.scalars) == filled.parameters.map(\.scalars))
    }

    @Test("outputs, gradients and ten steps of Adam give PyTorch's numbers")
    func golden() throws {
        let golden = try Fixture.file("embedding_bag")
        let rows = try SparseRows(
            columns: 23, offsets: try Fixture.integers(golden, "offsets"),
            indices: try Fixture.integers(golden, "indices").map { Int32($0) },
            values: try golden.tensor("values").scalars)
        let labels = try Fixture.integers(golden, "labels")
        var network = try Network(
            inputShape: [23],
            layers: [("embedding", EmbeddingBag(23, 6)), ("relu1", Activation.relu), ("out", Linear(6, 3))],
            random: RandomStream(seed: 0))
        try network.setParameter("embedding.weight", try golden.tensor("weight"))
        try network.setParameter("embedding.bias", try golden.tensor("bias"))
        try network.setParameter("out.weight", try golden.tensor("out.weight"))
        try network.setParameter("out.bias", try golden.tensor("out.bias"))
        let bags = try Network(
            inputShape: [23], layers: [("embedding", EmbeddingBag(23, 6))], random: RandomStream(seed: 0))
        var filled = bags
        try filled.setParameter("embedding.weight", try golden.tensor("weight"))
        try filled.setParameter("embedding.bias", try golden.tensor("bias"))
        #expect(difference(try filled.forward(.sparse(rows)), try golden.tensor("bags")) < 3e-6)
        let gradient = try network.gradient(.sparse(rows), .classes(labels), loss: .crossEntropy)
        #expect(abs(gradient.loss - (try golden.tensor("loss").scalars[0])) < 1e-6)
        #expect(difference(gradient.parameters[0], try golden.tensor("weight_gradient")) < 1e-6)
        #expect(difference(gradient.parameters[1], try golden.tensor("bias_gradient")) < 1e-6)
        var options = TrainingOptions()
        (options.epochs, options.batchSize, options.shuffle) = (10, 40, false)
        (options.learningRate, options.weightDecay) = (1e-2, 1e-3)
        try network.fit(SparseBatchSource(inputs: rows, targets: .classes(labels)), options: options)
        let (weight, bias) = (network.parameter("embedding.weight"), network.parameter("embedding.bias"))
        #expect(difference(try #require(weight), try golden.tensor("trained_weight")) < 2e-5)
        #expect(difference(try #require(bias), try golden.tensor("trained_bias")) < 2e-5)
    }

    @Test("training gives the same bytes for any number of workers, and so does inference")
    func workers() throws {
        let rows = try bags(333, columns: 40)
        let source = try SparseBatchSource(inputs: rows, targets: .classes((0..<333).map { $0 % 3 }))
        var options = TrainingOptions()
        (options.epochs, options.batchSize) = (2, 100)
        let results = try [1, 2, 5].map { workers in
            var network = try network(EmbeddingBag(40, 9))
            let pool = WorkerPool(workers: workers)
            try network.fit(source, options: options, pool: pool)
            let outputs = try network.forward(.sparse(rows), pool: pool).scalars.map(\.bitPattern)
            return parameterBits(network) + outputs
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test("inputs of another width, and targets of another number, are refused")
    func faults() throws {
        let network = try network(EmbeddingBag(40, 9))
        #expect(throws: NetworkError.exampleShape(expected: [40], actual: [5, 39])) {
            try network.forward(.sparse(try bags(5, columns: 39)))
        }
        #expect(throws: NetworkError.self) {
            try SparseBatchSource(inputs: try bags(5, columns: 40), targets: .classes([0]))
        }
        #expect(throws: NetworkError.self) { try self.network(EmbeddingBag(0, 9), words: 1) }
        #expect(throws: NetworkError.self) { try self.network(EmbeddingBag(39, 9)) }
    }

    @Test("metadata goes with copies and into files")
    func metadata() throws {
        var network = try network(EmbeddingBag(40, 9))
        network.metadata["rledit.test"] = "kept"
        var copy = network
        try copy.setParameter("fc1.bias", try #require(network.parameter("fc1.bias")))
        let file = try copy.safetensors(metadata: [("rledit.task", "x")])
        #expect(file.metadata.map(\.key) == ["rledit.test", "rledit.task"])
        #expect(file.metadata.map(\.value) == ["kept", "x"])
    }
}
