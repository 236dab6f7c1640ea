internal import CKernels
internal import RLEditTensor

/// A dense suffix ready to run: cached products and scratch memory for each worker.
final class DenseProgram: Sendable {
    /// Candidates measured together: their stacked first layer is about 256 rows high, the best shape for the product.
    let groupSize: Int
    private let suffix: DenseSuffix
    private let layers: [EditedLayer]
    private let cache: ExampleBlocks
    private let firstLayer: Int
    private let scores: Int
    /// `W x + bias` of the unedited first layer for each block, `[rows, examples]`: what a shift is added to.
    private let baseProducts: [Tensor]
    /// What enters it, of each block.
    private let activations: [Tensor]
    private let scratch: [EvaluatorScratch]
    /// Above this rank a shift is cheaper as dense weights.
    private let maximumRank: Int
    private let fused: FusedLayer?

    /// - Parameter scores: outputs of the network's last layer.
    init(suffix: DenseSuffix, layers: [EditedLayer], cache: ExampleBlocks, scores: Int, workers: Int) throws {
        guard case .linear(let rows, let inputs, let weights, .some(let firstLayer), let bias, _)? = suffix.steps.first
        else { throw WorldError.outputNotClasses(shape: []) }
        self.suffix = suffix
        self.layers = layers
        self.cache = cache
        self.scores = scores
        self.firstLayer = firstLayer
        fused = DenseProgram.fusedLayer(of: suffix)
        groupSize = max(1, min(16, 256 / rows))
        maximumRank = max(1, min(rows, inputs) / 4)
        // A dense suffix reads vectors, which are always kept.
        activations = try cache.blocks.indices.map { try cache.activations(of: $0) }
        baseProducts = try zip(cache.blocks, activations).map { block, activations in
            var product = try weights.matmul(activations)
            product.withUnsafeMutableBufferPointer { product in
                guard let base = product.baseAddress else { return }
                withPointer(bias) { bias in
                    let examples = Int64(block.rows.count)
                    rl_bias_activate(Int64(rows), examples, base, examples, bias, Int32(RL_IDENTITY))
                }
            }
            return product
        }
        let (group, rank) = (groupSize, maximumRank)
        scratch = (0..<workers).map { _ in
            EvaluatorScratch(
                groupSize: group, firstRows: rows, firstInputs: inputs, maximumRank: rank, widest: suffix.widest,
                largestLayer: layers.map(\.count).max() ?? 0)
        }
    }

    /// Runs candidates over blocks.
    /// - Parameters:
    ///   - candidates: at most `groupSize`.
    ///   - worker: whose scratch memory to use.
    ///   - consume: gets the candidate's position in the slice, the block's index, and its scores
    ///     `[classes, examples]` with their row stride; the memory is valid during the call only.
    func run(
        _ candidates: ArraySlice<[LayerEdit]>, blocks: [Int], worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) {
        guard !blocks.isEmpty, case .linear(let rows, let inputs, _, _, let bias, let activation)? = suffix.steps.first
        else { return }
        let scratch = scratch[worker]
        let stack = stackFirstLayers(of: candidates, rows: rows, inputs: inputs, into: scratch)
        for block in blocks {
            let examples = cache.blocks[block].rows.count
            activations[block].withUnsafeBufferPointer { features in
                guard let features = features.baseAddress else { return }
                matrixProduct(
                    m: stack.factorRows, n: examples, k: inputs, scratch.factors, lda: inputs, features, ldb: examples,
                    scratch.projected, ldc: examples)
                matrixProduct(
                    m: stack.weightRows, n: examples, k: inputs, scratch.stackedWeights, lda: inputs, features,
                    ldb: examples, scratch.stackedOutputs, ldc: examples)
            }
            for (position, edits) in candidates.enumerated() {
                let output: UnsafeMutablePointer<Float>
                switch stack.places[position] {
                case .factors(let factors, let start):
                    let projected = UnsafePointer(scratch.projected + start * examples)
                    if let fused {
                        output = scratch.odd
                        shift(block, by: factors, projected: projected, examples: examples, into: fused, output: output)
                        let scores = finish(
                            edits, output, from: 2, rows: fused.outputs, examples: examples, scratch: scratch)
                        consume(position, block, scores, examples)
                        continue
                    }
                    output = scratch.shiftOutput
                    withPointers(baseProducts[block], factors.left) { base, left in
                        guard let left else { return }
                        rl_low_rank_shift(
                            Int64(rows), Int64(factors.rank), Int64(examples), base, Int64(examples), left,
                            projected, Int64(examples), output, Int64(examples), activation)
                    }
                case .weights(let start):
                    output = scratch.stackedOutputs + start * examples
                    withPointer(bias) {
                        rl_bias_activate(Int64(rows), Int64(examples), output, Int64(examples), $0, activation)
                    }
                }
                consume(
                    position, block,
                    finish(edits, output, from: 1, rows: rows, examples: examples, scratch: scratch), examples)
            }
        }
    }

    /// The places of the first layers of a group of candidates in the stacked products.
    private struct Stack {
        enum Place {
            /// A shift of low rank: its input-side factor begins at this row of the stacked factors.
            case factors(LowRankFactors, start: Int)
            /// Any other edit: its weights begin at this row of the stacked weights.
            case weights(start: Int)
        }
        var places: [Place] = []
        var factorRows = 0
        var weightRows = 0
    }

    /// Writes the first layers of a group. Each candidate goes the way of its own edit, whatever its neighbours are.
    private func stackFirstLayers(
        of candidates: ArraySlice<[LayerEdit]>, rows: Int, inputs: Int, into scratch: EvaluatorScratch
    ) -> Stack {
        var stack = Stack()
        for edits in candidates {
            if case .shift(let factors) = edits[firstLayer], factors.rank <= maximumRank {
                withPointer(factors.right) {
                    guard let source = $0 else { return }
                    (scratch.factors + stack.factorRows * inputs).update(from: source, count: factors.rank * inputs)
                }
                stack.places.append(.factors(factors, start: stack.factorRows))
                stack.factorRows += factors.rank
            } else {
                edits[firstLayer].write(
                    weightsOf: layers[firstLayer], to: scratch.stackedWeights + stack.weightRows * inputs)
                stack.places.append(.weights(start: stack.weightRows))
                stack.weightRows += rows
            }
        }
        // The library computes a product of one row as matrix times vector, with other bits: a second row that nobody
        // reads keeps a candidate's numbers the same alone and in a group.
        stack.factorRows = stack.factorRows == 1 ? 2 : stack.factorRows
        stack.weightRows = stack.weightRows == 1 ? 2 : stack.weightRows
        return stack
    }

    /// The second step of a suffix when one kernel can compute it together with a shift of the first.
    private struct FusedLayer: Sendable {
        let rows: Int
        let rectifies: Bool
        let outputs: Int
        let weights: Tensor
        let bias: Tensor?
        let activation: Int32
    }

    /// The second step, if it is an unedited layer of few outputs after no activation or ReLU.
    private static func fusedLayer(of suffix: DenseSuffix) -> FusedLayer? {
        guard suffix.steps.count > 1, case .linear(let rows, _, _, _, _, let first) = suffix.steps[0],
            first == Int32(RL_RELU) || first == Int32(RL_IDENTITY),
            case .linear(let outputs, _, let weights, nil, let bias, let activation) = suffix.steps[1],
            outputs <= narrowestProduct
        else { return nil }
        return FusedLayer(
            rows: rows, rectifies: first == Int32(RL_RELU), outputs: outputs, weights: weights, bias: bias,
            activation: activation)
    }

    /// Up to as many outputs our own kernels beat a library product.
    private static let narrowestProduct = 16

    /// A shift of the first step and the whole second step, for one block.
    private func shift(
        _ block: Int, by factors: LowRankFactors, projected: UnsafePointer<Float>, examples: Int,
        into layer: FusedLayer, output: UnsafeMutablePointer<Float>
    ) {
        let stride = Int64(examples)
        withPointers(baseProducts[block], factors.left) { base, left in
            withPointers(layer.weights, layer.bias) { weights, bias in
                guard let left else { return }
                rl_low_rank_shift_dense(
                    Int64(layer.rows), Int64(factors.rank), stride, base, stride, left, projected, stride,
                    layer.rectifies ? 1 : 0, Int64(layer.outputs), weights, bias, output, stride)
            }
        }
        if layer.activation != Int32(RL_IDENTITY) {
            rl_bias_activate(Int64(layer.outputs), stride, output, stride, nil, layer.activation)
        }
    }

    /// The steps from index `first` on, for one candidate.
    /// - Returns: scores `[classes, examples]`, in scratch memory.
    private func finish(
        _ edits: [LayerEdit], _ input: UnsafeMutablePointer<Float>, from first: Int, rows: Int, examples: Int,
        scratch: EvaluatorScratch
    ) -> UnsafePointer<Float> {
        // The usual end of a fused shift, for each block of each candidate: no step is left.
        if first >= suffix.steps.count, scores != 1 { return UnsafePointer(input) }
        var current = input
        var currentRows = rows
        for step in suffix.steps.dropFirst(first) {
            switch step {
            case .activation(let code):
                rl_bias_activate(Int64(currentRows), Int64(examples), current, Int64(examples), nil, code)
            case .linear(let outputs, let inputs, let weights, let edited, let bias, let activation):
                let output = current == scratch.even ? scratch.odd : scratch.even
                let editedBias = edited.flatMap {
                    write(edits[$0], of: layers[$0], rows: outputs, inputs: inputs, into: scratch)
                }
                withPointers(weights, bias) { base, bias in
                    let weights = edited == nil ? base : UnsafePointer(scratch.laterWeights)
                    linear(
                        weights, editedBias ?? bias, outputs: outputs, inputs: inputs, examples: examples,
                        input: current,
                        output: output, activation: activation)
                }
                current = output
                currentRows = outputs
            }
        }
        guard scores == 1 else { return UnsafePointer(current) }
        // A single score is that of the second of two classes; the first scores 0.
        scratch.pair.update(repeating: 0, count: examples)
        (scratch.pair + examples).update(from: current, count: examples)
        return UnsafePointer(scratch.pair)
    }

    /// Writes the weights of a later edited layer.
    /// - Returns: its bias, if that is edited too.
    private func write(
        _ edit: LayerEdit, of layer: EditedLayer, rows: Int, inputs: Int, into scratch: EvaluatorScratch
    ) -> UnsafePointer<Float>? {
        edit.write(weightsOf: layer, to: scratch.laterWeights)
        guard layer.includesBias else { return nil }
        scratch.splitLater(rows: rows, inputs: inputs)
        return UnsafePointer(scratch.laterBias)
    }

    /// `output = activation(weights · input + bias)`, feature-major.
    private func linear(
        _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, outputs: Int, inputs: Int, examples: Int,
        input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, activation: Int32
    ) {
        if outputs <= DenseProgram.narrowestProduct {
            rl_dense(
                Int64(outputs), Int64(inputs), Int64(examples), weights, bias, input, Int64(examples), output,
                Int64(examples))
            if activation != Int32(RL_IDENTITY) {
                rl_bias_activate(Int64(outputs), Int64(examples), output, Int64(examples), nil, activation)
            }
        } else {
            matrixProduct(
                m: outputs, n: examples, k: inputs, weights, lda: inputs, input, ldb: examples, output, ldc: examples)
            rl_bias_activate(Int64(outputs), Int64(examples), output, Int64(examples), bias, activation)
        }
    }
}

/// Borrows an optional tensor's elements.
private func withPointer(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let tensor else { return body(nil) }
    tensor.withUnsafeBufferPointer { body($0.baseAddress) }
}

/// Borrows the elements of two tensors, the first of which is not empty.
private func withPointers(
    _ first: Tensor, _ second: Tensor?, _ body: (UnsafePointer<Float>, UnsafePointer<Float>?) -> Void
) {
    first.withUnsafeBufferPointer { first in
        guard let base = first.baseAddress else { return }
        withPointer(second) { body(base, $0) }
    }
}
