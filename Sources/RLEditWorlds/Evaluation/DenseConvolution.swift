internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// What edits of all weights of a 3×3 convolution add to its outputs, for several candidates at once: one transform of the
/// inputs serves them all, and their weights lie side by side in wide products.
struct DenseConvolution: Sendable {
    /// Columns of a product, and its rows: what they take stays in the cache.
    private static let columns = 256
    private static let rows = 128

    let layer: EditedLayer
    private let inputs: Int
    private let outputs: Int
    private let height: Int
    private let width: Int
    private let scratch: Slots<Scratch>

    /// Memory of one worker.
    private final class Scratch: Sendable {
        let weights: TensorStorage
        let inputs: TensorStorage
        let products: TensorStorage

        init(weights: Int, inputs: Int, products: Int) {
            self.weights = TensorStorage(uninitializedCount: weights)
            self.inputs = TensorStorage(uninitializedCount: inputs)
            self.products = TensorStorage(uninitializedCount: products)
        }
    }

    /// - Parameter input: shape of what enters the convolution, `[channels, height, width]`.
    /// - Returns: nil for another convolution, or one whose products would be too small, or take too much memory, to pay.
    init?(_ convolution: Conv2D, _ layer: EditedLayer, input: [Int], workers: Int) {
        guard convolution.hasTiles, input.count == 3,
            (16...512).contains(convolution.inChannels), (16...512).contains(convolution.outChannels),
            input[1] * input[2] <= 1 << 12
        else { return nil }
        self.layer = layer
        (inputs, outputs) = (convolution.inChannels, convolution.outChannels)
        (height, width) = (input[1], input[2])
        scratch = Slots(count: workers)
    }

    /// Candidates that share products.
    var group: Int { max(1, DenseConvolution.columns / outputs) }
    /// Examples of one product.
    var run: Int { max(1, DenseConvolution.rows / tiles) }
    private var tiles: Int { (height + 1) / 2 * ((width + 1) / 2) }
    private var stride: Int { group * outputs }

    /// Makes candidates ready, at most ``group``.
    /// - Parameter scale: of each output.
    func prepare(_ candidates: [LayerEdit], scale: [Float], worker: Int) throws {
        let own =
            scratch[worker]
            ?? Scratch(
                weights: 16 * inputs * stride, inputs: 16 * run * tiles * inputs, products: 16 * run * tiles * stride)
        scratch[worker] = own
        // Places without a candidate, so that all products have one size.
        own.weights.pointer.update(repeating: 0, count: 16 * inputs * stride)
        for (index, edit) in candidates.enumerated() {
            let change = try edit.weights(of: layer).sub(layer.base)
            change.withUnsafeBufferPointer { change in
                guard let change = change.baseAddress else { return }
                rl_winograd_weights(
                    Int64(outputs), Int64(inputs), change, 0, scale, Int64(stride), Int64(index * outputs),
                    own.weights.pointer)
            }
        }
    }

    /// Products of the prepared candidates with some examples, at most ``run``.
    /// - Parameter x: `[examples, height, width, channels]`.
    func multiply(_ x: UnsafePointer<Float>, examples: Int, worker: Int) {
        guard let own = scratch[worker] else { return }
        rl_winograd_inputs(Int64(examples), Int64(height), Int64(width), Int64(inputs), x, own.inputs.pointer)
        let rows = examples * tiles
        for place in 0..<16 {
            matrixProduct(
                m: rows, n: stride, k: inputs, own.inputs.pointer + place * rows * inputs, lda: inputs,
                own.weights.pointer + place * inputs * stride, ldb: stride,
                own.products.pointer + place * rows * stride,
                ldc: stride)
        }
    }

    /// What one of the candidates gives: `base` and its change, `[examples, height, width, outputs]`, or the means over the
    /// positions.
    func write(
        candidate: Int, examples: Int, base: UnsafePointer<Float>, rectifies: Bool, averages: Bool, worker: Int,
        to y: UnsafeMutablePointer<Float>
    ) {
        guard let own = scratch[worker] else { return }
        rl_winograd_outputs(
            Int64(examples), Int64(height), Int64(width), Int64(outputs), own.products.pointer, Int64(stride),
            Int64(candidate * outputs), base, rectifies ? 1 : 0, averages ? 1 : 0, y)
    }
}
