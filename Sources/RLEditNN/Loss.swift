internal import CKernels
public import RLEditTensor

/// What training minimizes: a mean, defined as PyTorch defines it.
public enum Loss: String, BatchObjective, CaseIterable, Codable {
    /// Mean over rows of −log softmax(output)[label]; outputs `[N, classes]` are logits, targets class labels.
    case crossEntropy = "cross_entropy"
    /// Mean over all elements of −(t log σ(x) + (1 − t) log(1 − σ(x))); outputs are logits, targets in [0, 1], or labels
    /// 0 and 1 for outputs `[N, 1]`.
    case binaryCrossEntropy = "binary_cross_entropy"
    /// Mean over all elements of (x − t)².
    case meanSquaredError = "mean_squared_error"

    /// The loss of a batch.
    public func value(_ outputs: Tensor, _ targets: Targets) throws(NetworkError) -> Float {
        let terms = try evaluateBatch(outputs, targets, gradient: nil)
        return Float(terms.sum / Double(terms.count))
    }

    /// The loss of a batch, and its gradient with respect to the outputs.
    public func valueAndGradient(_ outputs: Tensor, _ targets: Targets) throws(NetworkError) -> (
        value: Float, gradient: Tensor
    ) {
        let gradient = Tensor(uninitialized: outputs.shape, count: outputs.count)
        let terms = try evaluateBatch(outputs, targets, gradient: gradient.storage.pointer)
        return (Float(terms.sum / Double(terms.count)), gradient)
    }

    /// Number of terms that a row of this output shape contributes.
    package func termsPerRow(_ shape: [Int]) -> Int { self == .crossEntropy ? 1 : shape.reduce(1, *) }

    private func evaluateBatch(
        _ outputs: Tensor, _ targets: Targets, gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms {
        guard let rows = outputs.shape.first, rows > 0, outputs.count > 0 else {
            throw .inputShape(operation: rawValue, expected: "[N, …] with at least one row", actual: outputs.shape)
        }
        let shape = Array(outputs.shape.dropFirst())
        let scale = 1 / Float(rows * termsPerRow(shape))
        let terms = try evaluate(
            outputs.storage.pointer, rows: rows, shape: shape, targets, scale: scale, gradient: gradient)
        withExtendedLifetime(outputs) {}
        return terms
    }

    /// The terms of `rows` examples; `gradient` receives `scale` times the derivative of their sum. Outputs of three
    /// dimensions per row, and their targets, are in the same memory order.
    package func evaluate(
        _ outputs: UnsafePointer<Float>, rows: Int, shape: [Int], _ targets: Targets, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms {
        let width = shape.reduce(1, *)
        guard targets.count == rows else {
            throw .targets(loss: rawValue, expected: "\(rows) targets, one per row", actual: "\(targets.count)")
        }
        var correct: Int64 = 0
        switch (self, targets) {
        case (.crossEntropy, .classes(let labels)):
            guard shape.count == 1 else {
                throw .inputShape(operation: rawValue, expected: "[N, classes]", actual: [rows] + shape)
            }
            let checked = try Loss.checked(labels, classes: width)
            let sum = rl_cross_entropy(outputs, checked, Int64(rows), Int64(width), scale, gradient, &correct)
            return ObjectiveTerms(sum: sum, count: rows, correct: Int(correct))
        case (.crossEntropy, .values):
            throw .targets(loss: rawValue, expected: "class labels", actual: "values")
        case (_, .weightedClasses):
            return try evaluateRows(outputs, rows: rows, shape: shape, targets, scale: scale, gradient: gradient)
        case (_, .distillation):
            throw .targets(loss: rawValue, expected: "class labels or values", actual: "a teacher's outputs")
        case (.binaryCrossEntropy, .classes(let labels)):
            guard width == 1 else {
                throw .targets(
                    loss: rawValue, expected: "values of shape \([rows] + shape)", actual: "class labels")
            }
            let values = try Loss.checked(labels, classes: 2).map { Float($0) }
            let sum = rl_binary_cross_entropy(outputs, values, Int64(rows), scale, gradient, &correct)
            return ObjectiveTerms(sum: sum, count: rows, correct: Int(correct))
        case (.meanSquaredError, .classes):
            throw .targets(loss: rawValue, expected: "values of shape \([rows] + shape)", actual: "class labels")
        case (.binaryCrossEntropy, .values(let values)), (.meanSquaredError, .values(let values)):
            let fitsAsVector = width == 1 && values.shape == [rows]
            guard fitsAsVector || values.shape == [rows] + shape else {
                throw .targets(
                    loss: rawValue, expected: "values of shape \([rows] + shape)", actual: "shape \(values.shape)")
            }
            let count = rows * width
            return values.withUnsafeBufferPointer { buffer in
                guard let target = buffer.baseAddress else { return ObjectiveTerms() }
                if self == .meanSquaredError {
                    let sum = rl_squared_error(outputs, target, Int64(count), scale, gradient)
                    return ObjectiveTerms(sum: sum, count: count, correct: nil)
                }
                let sum = rl_binary_cross_entropy(outputs, target, Int64(count), scale, gradient, &correct)
                return ObjectiveTerms(sum: sum, count: count, correct: Int(correct))
            }
        }
    }

    private static func checked(_ labels: [Int], classes: Int) throws(NetworkError) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(labels.count)
        for (row, label) in labels.enumerated() {
            guard label >= 0, label < classes else {
                throw .labelOutOfRange(label: label, classes: classes, example: row)
            }
            result.append(Int32(label))
        }
        return result
    }
}
