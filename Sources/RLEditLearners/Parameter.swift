internal import CKernels
package import RLEditTensor

/// A trained matrix or vector with its two Adam moments.
///
/// Invariant: the three storages are owned by this parameter alone and have `count` initialized floats; a piece of a
/// parallel job writes only the rows it was given.
package final class Parameter: Sendable {
    /// `[outputs, inputs]` of a weight, `[outputs]` of a bias.
    package let shape: [Int]
    let value: TensorStorage
    let firstMoment: TensorStorage
    let secondMoment: TensorStorage

    var count: Int { value.count }

    /// Zeros, with zero moments.
    init(shape: [Int]) {
        self.shape = shape
        let count = shape.reduce(1, *)
        value = Parameter.zeros(count)
        firstMoment = Parameter.zeros(count)
        secondMoment = Parameter.zeros(count)
    }

    private static func zeros(_ count: Int) -> TensorStorage {
        let storage = TensorStorage(uninitializedCount: count)
        storage.pointer.initialize(repeating: 0, count: count)
        return storage
    }

    /// A copy of the values.
    package func tensor() throws -> Tensor { try copy(of: value) }

    /// Replace the values; the moments stay.
    package func assign(_ tensor: Tensor) throws {
        guard tensor.shape == shape else {
            throw TensorError.shapeMismatch(operation: "assign parameter", expected: shape, actual: tensor.shape)
        }
        copy(tensor, to: value)
    }

    /// Adds value and moments to a snapshot under `name`.
    func save(as name: String, in snapshot: inout LearnerSnapshot) throws {
        snapshot.tensors[name] = try copy(of: value)
        snapshot.tensors["\(name).firstMoment"] = try copy(of: firstMoment)
        snapshot.tensors["\(name).secondMoment"] = try copy(of: secondMoment)
    }

    /// - Throws: ``LearnerError/snapshotMismatch(field:expected:)``.
    func load(_ name: String, from snapshot: LearnerSnapshot) throws {
        copy(try snapshot.tensor(name, shape: shape), to: value)
        copy(try snapshot.tensor("\(name).firstMoment", shape: shape), to: firstMoment)
        copy(try snapshot.tensor("\(name).secondMoment", shape: shape), to: secondMoment)
    }

    private func copy(of storage: TensorStorage) throws -> Tensor {
        try Tensor(shape: shape) { $0.baseAddress?.update(from: storage.pointer, count: storage.count) }
    }

    private func copy(_ tensor: Tensor, to storage: TensorStorage) {
        tensor.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { storage.pointer.update(from: base, count: storage.count) }
        }
    }
}

/// One step of Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1), as PyTorch computes it: ε is added to the root of
/// the bias-corrected second moment.
package struct AdamStep: Sendable {
    /// Steps taken, this one included: 1 for the first.
    package var count: Int
    package var learningRate: Double
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-5
    /// Factor on every gradient, for clipping by the global norm.
    package var gradientScale = 1.0

    package init(count: Int, learningRate: Double) {
        self.count = count
        self.learningRate = learningRate
    }

    /// The same with everything that depends on `count` alone computed once.
    var kernelArguments: rl_adam_coefficients {
        rl_adam_coefficients(
            gradientScale: Float(gradientScale), beta1: Float(beta1), beta2: Float(beta2),
            stepSize: Float(learningRate / (1 - power(beta1, count))),
            inverseRootCorrection: Float(1 / (1 - power(beta2, count)).squareRoot()), epsilon: Float(epsilon))
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}

extension Parameter {
    /// A step of Adam against the gradient of what is to fall, `[count]`; values are kept in the box [−1, 1].
    /// - Returns: the gradient's norm.
    func descend(_ gradient: [Float], _ step: AdamStep) -> Double {
        var arguments = step.kernelArguments
        return gradient.withUnsafeBufferPointer { gradient in
            guard let base = gradient.baseAddress else { return 0 }
            rl_adam(
                Int64(count), value.pointer, firstMoment.pointer, secondMoment.pointer, base, &arguments)
            for index in 0..<count { value.pointer[index] = min(max(value.pointer[index], -1), 1) }
            return rl_sum_of_squares(Int64(count), base).squareRoot()
        }
    }
}
