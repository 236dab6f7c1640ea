public import RLEditTensor

/// The order in which the values of `[channels, height, width]` activations lie in a tensor.
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
    /// - Parameters:
    ///   - replacing: values by parameter name, of the parameters' shapes, for this call. The network itself is not changed.
    ///   - pool: spreads the blocks over its workers; nil runs them on the calling thread.
    public func forward(
        _ input: Tensor, replacing: [String: Tensor] = [:], pool: WorkerPool? = nil
    ) throws -> Tensor {
        try forward(.dense(input), replacing: replacing, pool: pool)
    }

    /// The same for inputs that may be sparse. Where the first layer cannot read those they are made dense a block at a
    /// time.
    /// - Parameters:
    ///   - inputLayout, outputLayout: the order of channels in the input and in the result.
    public func forward(
        _ input: ExampleInputs, from inputLayout: ActivationLayout = .channelsFirst,
        to outputLayout: ActivationLayout = .channelsFirst, replacing: [String: Tensor] = [:], pool: WorkerPool? = nil
    ) throws -> Tensor {
        var parameters = parameterValues
        for (name, value) in replacing.sorted(by: { $0.key < $1.key }) {
            parameters[try parameterIndex(name, accepting: value)] = value
        }
        let rows = try batchRows(input.shape, shape: inputShape, layout: inputLayout)
        let exit = ChannelOrder(shape: outputShape)
        let resultShape = [rows] + (outputLayout == .channelsLast ? ActivationShape(outputShape).inMemory : outputShape)
        let result = Tensor(uninitialized: resultShape, count: try Tensor.elementCount(of: resultShape))
        let (graph, blockRows, values) = (graph, graph.blockRows, parameters)
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
            if graph.nodes.isEmpty {
                try graph.withBlock(input, rows: rows, layout: inputLayout, dense: true) {
                    start throws(NetworkError) in write(start.dense)
                }
            } else {
                let key = Workspace.Key(rows: rowsHere, mode: .inference)
                try graph.withBlock(input, rows: rows, layout: inputLayout) { start throws(NetworkError) in
                    try graph.workspaces.withWorkspace(key, of: graph) { workspace throws(NetworkError) in
                        try workspace.forward(
                            input: start, parameters: values.map { UnsafePointer($0.storage.pointer) })
                        write(UnsafePointer(workspace.output))
                    }
                }
            }
            withExtendedLifetime((values, result)) {}
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
        let expected = layout == .channelsLast ? ActivationShape(shape).inMemory : shape
        guard batch.count == shape.count + 1, Array(batch.dropFirst()) == expected else {
            throw .exampleShape(expected: expected, actual: batch)
        }
        return batch[0]
    }
}
