public import RLEditTensor

/// The order in which the values of `[channels, height, width]` activations are in a tensor.
public enum ActivationLayout: Sendable {
    /// `[N, channels, height, width]`: what users and PyTorch see.
    case channelsFirst
    /// `[N, height, width, channels]`: what the network computes with; saves a conversion where activations are kept to
    /// be fed back many times.
    case channelsLast
}

extension Network {
    /// The network's output for a batch, `[N] + inputShape` → `[N] + outputShape`.
    ///
    /// Rows are cut in blocks whose size depends on the network only, so the result is the same for any pool.
    /// - Parameter pool: spreads the blocks over its workers; nil runs them on the calling thread.
    public func forward(_ input: Tensor, pool: WorkerPool? = nil) throws -> Tensor {
        try forward(.dense(input), pool: pool)
    }

    /// The same for inputs that may be sparse. Where the first layer cannot read those they are made dense a block at a
    /// time.
    public func forward(_ input: ExampleInputs, pool: WorkerPool? = nil) throws -> Tensor {
        try run(0..<nodes.count, input, parameters: parameterValues, from: .channelsFirst, to: .channelsFirst, pool)
    }

    /// What enters a node (its first input) for a batch: the part of the work that no edit of that node or a later one
    /// can change.
    public func activations(
        _ input: Tensor, before node: Int, layout: ActivationLayout = .channelsFirst, pool: WorkerPool? = nil
    ) throws -> Tensor {
        try activations(.dense(input), before: node, layout: layout, pool: pool)
    }

    /// The same for inputs that may be sparse; what enters the first node is then a dense tensor all the same.
    public func activations(
        _ input: ExampleInputs, before node: Int, layout: ActivationLayout = .channelsFirst, pool: WorkerPool? = nil
    ) throws -> Tensor {
        let source = try graph.source(ofSuffixFrom: node, operation: "activations")
        return try run(0..<(source + 1), input, parameters: parameterValues, from: .channelsFirst, to: layout, pool)
    }

    /// The network's output when `activations` enter a node, with some parameters replaced; on the calling thread, or
    /// over a pool.
    /// - Parameter replacing: values by parameter name, of the parameters' shapes. The network itself is not changed.
    public func forward(
        from node: Int, activations: Tensor, layout: ActivationLayout = .channelsFirst,
        replacing: [String: Tensor] = [:], pool: WorkerPool? = nil
    ) throws -> Tensor {
        // Checks the index before a range is made of it.
        _ = try graph.source(ofSuffixFrom: node, operation: "forward")
        var values = parameterValues
        for (name, value) in replacing.sorted(by: { $0.key < $1.key }) {
            values[try parameterIndex(name, accepting: value)] = value
        }
        return try run(
            node..<nodes.count, .dense(activations), parameters: values, from: layout, to: .channelsFirst, pool)
    }

    private func run(
        _ range: Range<Int>, _ input: ExampleInputs, parameters: [Tensor], from inputLayout: ActivationLayout,
        to outputLayout: ActivationLayout, _ pool: WorkerPool?
    ) throws -> Tensor {
        let source =
            range.isEmpty
            ? range.lowerBound - 1 : try graph.source(ofSuffixFrom: range.lowerBound, operation: "forward")
        let inputShape = graph.shape(of: source)
        let outputShape = range.isEmpty ? inputShape : graph.shapes[range.upperBound - 1]
        let rows = try batchRows(input.shape, shape: inputShape, layout: inputLayout)
        let exit = ChannelOrder(shape: outputShape)
        let resultShape = [rows] + (outputLayout == .channelsLast ? channelsLast(outputShape) : outputShape)
        let result = Tensor(uninitialized: resultShape, count: try Tensor.elementCount(of: resultShape))
        let blockRows = graph.blockRows(range, source: source)
        let graph = graph
        let body: @Sendable (Int, Int) throws(NetworkError) -> Void = { block, _ throws(NetworkError) in
            let first = block * blockRows
            let rowsHere = min(blockRows, rows - first)
            let to = result.storage.pointer + first * exit.count
            let write: (UnsafePointer<Float>) -> Void = { output in
                if outputLayout == .channelsFirst {
                    exit.channelsFirst(output, to: to, rows: rowsHere)
                } else {
                    to.update(from: output, count: rowsHere * exit.count)
                }
            }
            let rows = first..<(first + rowsHere)
            if range.isEmpty {
                try graph.withBlock(input, rows: rows, of: source, layout: inputLayout, dense: true) {
                    start throws(NetworkError) in write(start.dense)
                }
            } else {
                let key = Workspace.Key(
                    rows: rowsHere, start: range.lowerBound, end: range.upperBound, isTraining: false)
                try graph.withBlock(input, rows: rows, of: source, layout: inputLayout) { start throws(NetworkError) in
                    try graph.workspaces.withWorkspace(key, of: graph) { workspace throws(NetworkError) in
                        try workspace.forward(
                            input: start, parameters: parameters.map { UnsafePointer($0.storage.pointer) })
                        write(UnsafePointer(workspace.output))
                    }
                }
            }
            withExtendedLifetime((parameters, result)) {}
        }
        let blocks = (rows + blockRows - 1) / blockRows
        if let pool {
            try pool.forEach(blocks, body)
        } else {
            for block in 0..<blocks { try body(block, 0) }
        }
        return result
    }

    /// The number of examples of a batch of this shape, when it is the right one.
    func batchRows(_ batch: [Int], shape: [Int], layout: ActivationLayout) throws(NetworkError) -> Int {
        let expected = layout == .channelsLast ? channelsLast(shape) : shape
        guard batch.count == shape.count + 1, Array(batch.dropFirst()) == expected else {
            throw .exampleShape(expected: expected, actual: batch)
        }
        return batch[0]
    }

    private func channelsLast(_ shape: [Int]) -> [Int] {
        shape.count == 3 ? [shape[1], shape[2], shape[0]] : shape
    }
}
