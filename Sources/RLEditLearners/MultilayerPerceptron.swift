internal import CKernels
internal import RLEditTensor

/// Dense layers with tanh between them and a linear output.
///
/// A batch of one row is the common case here, since every environment of a one-step task shows the same weights: its
/// weight gradients are outer products that are never stored, and the Adam pass that applies them computes the next
/// forward pass's first product on the way.
final class MultilayerPerceptron: @unchecked Sendable {
    let layers: [DenseLayer]
    /// Rows of the last forward pass.
    private(set) var batch = 0
    /// Input of the last forward pass, `[batch, inputs]`.
    private var input: Tensor
    /// Whether the first layer knows its product with `input` under the current weights.
    private var productIsCurrent = false
    private var reusesProduct = false

    var outputs: Int { layers[layers.count - 1].outputs }

    /// - Parameter gains: the scale of each layer's orthogonal weight; nil for PyTorch's default uniform weights.
    init(sizes: [Int], gains: [Float]?, random: RandomStream) throws {
        precondition(sizes.count >= 2, "a perceptron needs an input and an output size")
        layers = (0..<(sizes.count - 1)).map { index in
            DenseLayer(inputs: sizes[index], outputs: sizes[index + 1], activates: index + 2 < sizes.count)
        }
        input = try Tensor.zeros([0, sizes[0]])
        for (index, layer) in layers.enumerated() {
            var stream = random.split("layer", index)
            if let gains {
                try layer.weight.assign(
                    orthogonalMatrix(
                        outputs: layer.outputs, inputs: layer.inputs, gain: gains[index], random: &stream))
            } else {
                // PyTorch's nn.Linear: weight and bias uniform within ±1/√inputs.
                let bound = 1 / Float(max(layer.inputs, 1)).squareRoot()
                for parameter in [layer.weight, layer.bias] {
                    for element in 0..<parameter.count {
                        parameter.value.pointer[element] = stream.uniform(-bound, bound)
                    }
                }
            }
        }
    }

    /// Takes the batch that `forward(rows:)` then works on. One thread, between jobs.
    func prepare(_ input: Tensor) {
        let rows = input.shape[0]
        let sameRow =
            rows == 1 && batch == 1 && productIsCurrent
            && (self.input.sharesStorage(with: input) || self.input == input)
        reusesProduct = sameRow
        if !sameRow { productIsCurrent = false }
        self.input = input
        batch = rows
        for layer in layers { layer.reserve(rows: rows) }
    }

    /// The weights were replaced from outside.
    func invalidate() { productIsCurrent = false }

    func forward(rows: Range<Int>) {
        input.withUnsafeBufferPointer { buffer in
            guard var source = buffer.baseAddress else { return }
            for (index, layer) in layers.enumerated() {
                layer.forward(rows: rows, of: batch, input: source, reusesProduct: index == 0 && reusesProduct)
                source = UnsafePointer(layer.output.pointer)
            }
        }
    }

    /// - Parameter gradient: the loss by the outputs, `[batch, outputs]`.
    func backward(rows: Range<Int>, gradient: UnsafePointer<Float>) {
        let top = layers[layers.count - 1]
        let start = rows.lowerBound * top.outputs
        (top.delta.pointer + start).update(from: gradient + start, count: rows.count * top.outputs)
        for index in stride(from: layers.count - 1, to: 0, by: -1) {
            layers[index].backward(rows: rows, of: batch, to: layers[index - 1])
        }
    }

    /// Gradients of some units of one layer; returns their sum of squares.
    func gradients(layer: Int, units: Range<Int>) -> Double {
        withInput(of: layer) { layers[layer].gradients(units: units, of: batch, input: $0) }
    }

    func update(layer: Int, units: Range<Int>, step: AdamStep) {
        withInput(of: layer) { layers[layer].update(units: units, of: batch, input: $0, step: step) }
    }

    /// After every unit was updated.
    func finishUpdate() { productIsCurrent = batch == 1 }

    func gradientTensors(layer: Int) throws -> (weight: Tensor, bias: Tensor) {
        try withInput(of: layer) { try layers[layer].gradientTensors(of: batch, input: $0) }
    }

    private func withInput<Result>(of layer: Int, _ body: (UnsafePointer<Float>) throws -> Result) rethrows -> Result {
        if layer > 0 { return try body(UnsafePointer(layers[layer - 1].output.pointer)) }
        let result = try body(UnsafePointer(input.storage.pointer))
        withExtendedLifetime(input) {}
        return result
    }
}
