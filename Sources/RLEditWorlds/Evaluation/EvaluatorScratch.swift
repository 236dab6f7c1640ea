/// Memory of one worker, kept from call to call so that no candidate waits for fresh pages.
///
/// Invariant: with at most `groupSize` candidates whose edits fit their layers (`LayerEdit.requireFit`), stacked factors of
/// rank at most `maximumRank`, and blocks of at most `ExampleBlocks.blockSize` examples, no use in `DenseProgram` passes
/// the end of a buffer. The stacked buffers have one row to spare for products that would be of one row.
final class EvaluatorScratch: @unchecked Sendable {
    /// Weights of the group's first layers, `[groupSize · firstRows, firstInputs]`.
    let stackedWeights: UnsafeMutablePointer<Float>
    /// Outputs of the group's first layers, `[groupSize · firstRows, block]`.
    let stackedOutputs: UnsafeMutablePointer<Float>
    /// Outputs of the first layer of one shift, `[firstRows, block]`.
    let shiftOutput: UnsafeMutablePointer<Float>
    /// Input-side factors of the group's shifts, `[groupSize · maximumRank, firstInputs]`.
    let factors: UnsafeMutablePointer<Float>
    /// Their products with a block, `[groupSize · maximumRank, block]`.
    let projected: UnsafeMutablePointer<Float>
    /// Weights of a later edited layer, and its bias where that is edited too, `[widest]`.
    let laterWeights: UnsafeMutablePointer<Float>
    let laterBias: UnsafeMutablePointer<Float>
    /// Outputs of later layers in turn, `[widest, block]`.
    let even: UnsafeMutablePointer<Float>
    let odd: UnsafeMutablePointer<Float>
    /// Scores of two classes made from one, `[2, block]`.
    let pair: UnsafeMutablePointer<Float>

    init(groupSize: Int, firstRows: Int, firstInputs: Int, maximumRank: Int, widest: Int, largestLayer: Int) {
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            let bytes = count * MemoryLayout<Float>.stride
            let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
                .bindMemory(to: Float.self, capacity: count)
            memory.initialize(repeating: 0, count: count)
            return memory
        }
        let block = ExampleBlocks.blockSize
        stackedWeights = floats((groupSize * firstRows + 1) * firstInputs)
        stackedOutputs = floats((groupSize * firstRows + 1) * block)
        shiftOutput = floats(firstRows * block)
        factors = floats((groupSize * maximumRank + 1) * firstInputs)
        projected = floats((groupSize * maximumRank + 1) * block)
        laterWeights = floats(largestLayer)
        even = floats(widest * block)
        odd = floats(widest * block)
        pair = floats(2 * block)
        laterBias = floats(widest)
    }

    /// Takes `laterWeights` apart, `[rows, inputs + 1]` with the bias as the last column: into `[rows, inputs]` in place
    /// and `laterBias`.
    func splitLater(rows: Int, inputs: Int) {
        for row in 0..<rows {
            // A row moves towards the front, over rows that have moved before and over itself only.
            let source = laterWeights + row * (inputs + 1)
            laterBias[row] = source[inputs]
            (laterWeights + row * inputs).update(from: source, count: inputs)
        }
    }

    deinit {
        for memory in [
            stackedWeights, stackedOutputs, shiftOutput, factors, projected, laterWeights, laterBias, even, odd, pair,
        ] {
            UnsafeMutableRawPointer(memory).deallocate()
        }
    }
}
