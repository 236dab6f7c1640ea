internal import CKernels
internal import RLEditTensor

/// y = tanh(W x + b), or without tanh in an output layer, with explicit gradients and an Adam step of its own.
///
/// Invariants that make it safe to share: `reserve` is called by one thread, between jobs; a piece of a parallel job
/// writes only the rows of `output` and `delta` it was given, or only the units (rows of the weight) it was given.
final class DenseLayer: @unchecked Sendable {
    let inputs: Int
    let outputs: Int
    private let activates: Bool
    /// `[outputs, inputs]`.
    let weight: Parameter
    /// `[outputs]`.
    let bias: Parameter
    /// Activations of the last forward pass, `[rows, outputs]`.
    private(set) var output: TensorStorage
    /// Gradient of the loss by W x + b, `[rows, outputs]`.
    private(set) var delta: TensorStorage
    /// Gradients of weight and bias, used when a batch has more than one row.
    private var weightGradient: TensorStorage
    private let biasGradient: TensorStorage
    /// W x of the one row that the last update saw, `[outputs]`: the next forward pass of the same row starts from it.
    private let product: TensorStorage

    init(inputs: Int, outputs: Int, activates: Bool) {
        self.inputs = inputs
        self.outputs = outputs
        self.activates = activates
        weight = Parameter(shape: [outputs, inputs])
        bias = Parameter(shape: [outputs])
        output = TensorStorage(uninitializedCount: 0)
        delta = TensorStorage(uninitializedCount: 0)
        weightGradient = TensorStorage(uninitializedCount: 0)
        biasGradient = TensorStorage(uninitializedCount: outputs)
        product = TensorStorage(uninitializedCount: outputs)
    }

    /// Room for a batch. Contents of `output` and `delta` are lost when they grow.
    func reserve(rows: Int) {
        if output.count < rows * outputs {
            output = TensorStorage(uninitializedCount: rows * outputs)
            delta = TensorStorage(uninitializedCount: rows * outputs)
        }
        if rows > 1, weightGradient.count == 0 {
            weightGradient = TensorStorage(uninitializedCount: outputs * inputs)
        }
    }

    /// Activations of some rows of a batch.
    /// - Parameters:
    ///   - input: `[batch, inputs]`, the first row of the batch at its start.
    ///   - reusesProduct: the batch is the one row of the last update, so W x is known.
    func forward(rows: Range<Int>, of batch: Int, input: UnsafePointer<Float>, reusesProduct: Bool) {
        let result = output.pointer + rows.lowerBound * outputs
        if batch == 1 {
            if reusesProduct {
                result.update(from: product.pointer, count: outputs)
            } else {
                rl_matvec(Int64(outputs), Int64(inputs), weight.value.pointer, input, result)
            }
        } else {
            // Rows thousands of floats apart fall on the same cache sets: 16 units at a time, the rows of the product
            // stay in cache and it runs 1.6 times as fast (measured at 64 · 4096 · 64).
            let block = inputs >= 1024 ? 16 : outputs
            for unit in stride(from: 0, to: outputs, by: block) {
                matrixProduct(
                    transposeB: true, m: rows.count, n: min(block, outputs - unit), k: inputs,
                    input + rows.lowerBound * inputs, lda: inputs, weight.value.pointer + unit * inputs, ldb: inputs,
                    result + unit, ldc: outputs)
            }
        }
        rl_bias_rows(Int64(rows.count), Int64(outputs), bias.value.pointer, result, activates ? 1 : 0)
    }

    /// From this layer's `delta` to the delta of the layer below, which ends in tanh.
    func backward(rows: Range<Int>, of batch: Int, to below: DenseLayer) {
        let start = rows.lowerBound
        let source = delta.pointer + start * outputs
        let target = below.delta.pointer + start * inputs
        if batch == 1 {
            rl_matvec_transposed(Int64(outputs), Int64(inputs), weight.value.pointer, source, target)
        } else {
            matrixProduct(
                m: rows.count, n: inputs, k: outputs, source, lda: outputs, weight.value.pointer, ldb: inputs, target,
                ldc: inputs)
        }
        let output = below.output.pointer + start * inputs
        rl_activation_backward(Int32(RL_TANH), nil, output, target, target, Int64(rows.count * inputs))
    }

    /// Gradients of the weights and biases of some units.
    /// - Returns: their sum of squares.
    func gradients(units: Range<Int>, of batch: Int, input: UnsafePointer<Float>) -> Double {
        if batch == 1 {
            // ‖δ xᵀ‖² = ‖δ‖² ‖x‖²: the outer product is never made. The bias adds ‖δ‖².
            let square = rl_sum_of_squares(Int64(units.count), delta.pointer + units.lowerBound)
            return square * (rl_sum_of_squares(Int64(inputs), input) + 1)
        }
        let gradient = weightGradient.pointer + units.lowerBound * inputs
        matrixProduct(
            transposeA: true, m: units.count, n: inputs, k: batch, delta.pointer + units.lowerBound, lda: outputs,
            input, ldb: inputs, gradient, ldc: inputs)
        for unit in units {
            var sum: Float = 0
            for row in 0..<batch { sum += delta.pointer[row * outputs + unit] }
            biasGradient.pointer[unit] = sum
        }
        return rl_sum_of_squares(Int64(units.count * inputs), gradient)
            + rl_sum_of_squares(Int64(units.count), biasGradient.pointer + units.lowerBound)
    }

    /// One Adam step of some units along the last gradients.
    func update(units: Range<Int>, of batch: Int, input: UnsafePointer<Float>, step: AdamStep) {
        var arguments = step.kernelArguments
        let first = units.lowerBound
        let offset = first * inputs
        let (value, m, v) = (
            weight.value.pointer + offset, weight.firstMoment.pointer + offset, weight.secondMoment.pointer + offset
        )
        if batch == 1 {
            rl_adam_outer(
                Int64(units.count), Int64(inputs), value, m, v, delta.pointer + first, input, &arguments,
                product.pointer + first)
        } else {
            rl_adam(Int64(units.count * inputs), value, m, v, weightGradient.pointer + offset, &arguments)
        }
        rl_adam(
            Int64(units.count), bias.value.pointer + first, bias.firstMoment.pointer + first,
            bias.secondMoment.pointer + first, (batch == 1 ? delta : biasGradient).pointer + first, &arguments)
    }

    /// Gradients of the last backward pass as tensors, for tests: weight `[outputs, inputs]`, bias `[outputs]`.
    func gradientTensors(of batch: Int, input: UnsafePointer<Float>) throws -> (weight: Tensor, bias: Tensor) {
        let weight = try Tensor(shape: [outputs, inputs]) { gradient in
            for unit in 0..<outputs {
                for index in 0..<inputs {
                    gradient[unit * inputs + index] =
                        batch == 1
                        ? delta.pointer[unit] * input[index] : weightGradient.pointer[unit * inputs + index]
                }
            }
        }
        let bias = try Tensor(shape: [outputs]) { gradient in
            gradient.baseAddress?.update(from: (batch == 1 ? delta : biasGradient).pointer, count: outputs)
        }
        return (weight, bias)
    }
}
