internal import CKernels
public import RLEditTensor

/// The product of an edit's two factors, scale included: `delta = left · right`.
public struct LowRankFactors: Sendable, Equatable {
    /// The factor on the output side, `[rows, rank]`: `s·(B + b₀)`.
    public let left: Tensor
    /// The factor on the input side, `[rank, columns]`: `A`.
    public let right: Tensor

    public var rank: Int { right.shape[0] }

    /// - Throws: ``TensorError`` when the shapes do not chain.
    public init(left: Tensor, right: Tensor) throws(TensorError) {
        guard left.rank == 2, right.rank == 2, left.shape[1] == right.shape[0] else {
            throw .shapeMismatch(
                operation: "low-rank factors", expected: [left.shape.last ?? 0, right.shape.last ?? 0],
                actual: right.shape)
        }
        self.left = left
        self.right = right
    }

    /// The dense product, `[rows, columns]`.
    public func product() throws(TensorError) -> Tensor { try left.matmul(right) }

    /// Factors whose product is the sum of both products: the ranks add up.
    func appending(_ other: LowRankFactors) throws -> LowRankFactors {
        let rows = left.shape[0]
        let (first, second) = (rank, other.rank)
        let joinedLeft = try Tensor(shape: [rows, first + second]) { buffer in
            left.withUnsafeBufferPointer { a in
                other.left.withUnsafeBufferPointer { b in
                    for row in 0..<rows {
                        for k in 0..<first { buffer[row * (first + second) + k] = a[row * first + k] }
                        for k in 0..<second { buffer[row * (first + second) + first + k] = b[row * second + k] }
                    }
                }
            }
        }
        return try LowRankFactors(
            left: joinedLeft,
            right: Tensor(right.scalars + other.right.scalars, shape: [first + second, right.shape[1]]))
    }
}

/// What an episode has done to one layer so far.
///
/// A script's world or a file can make one of any shape. It is checked against its layer once, before its numbers are read:
/// by ``weights(of:)`` and ``mask(of:)`` for a single edit, by the evaluator for the candidates that it measures, by
/// ``EditEnvironment/apply(_:to:)`` for edits that nobody measures. The episodes of an environment hold edits that the
/// evaluator has measured, or that ``EditEnvironment/restore(_:)`` has checked.
public enum LayerEdit: Sendable {
    case unchanged
    /// `W ⊙ accumulated ⊙ (1 + factors)`: earlier steps are multiplied into `accumulated` (nil: all ones), the last
    /// low-rank step is kept as factors so that evaluating it needs no dense mask.
    case mask(accumulated: Tensor?, factors: LowRankFactors?)
    /// `W + factors`: the factors of several steps side by side.
    case shift(LowRankFactors)
    /// Other weights, `[rows, columns]`: full shifts and custom worlds.
    case weights(Tensor)

    /// The edited weights, `[rows, columns]`. `layer.base` is never written.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` when the edit is of a layer of another shape.
    public func weights(of layer: EditedLayer) throws -> Tensor {
        try requireFit(layer)
        switch self {
        case .unchanged: return layer.base
        case .weights(let weights): return weights
        default:
            return try Tensor(shape: [layer.rows, layer.columns]) { buffer in
                guard let base = buffer.baseAddress else { return }
                write(weightsOf: layer, to: base)
            }
        }
    }

    /// The mask by which the unedited weights are multiplied, `[rows, columns]`; nil when the edit is not a mask.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` when the edit is of a layer of another shape.
    public func mask(of layer: EditedLayer) throws -> Tensor? {
        try requireFit(layer)
        guard case .mask(let accumulated, let factors) = self else { return nil }
        let mask = try accumulated ?? Tensor.ones([layer.rows, layer.columns])
        guard let factors else { return mask }
        return try Tensor(shape: [layer.rows, layer.columns]) { buffer in
            mask.withUnsafeBufferPointer { mask in
                factors.left.withUnsafeBufferPointer { left in
                    factors.right.withUnsafeBufferPointer { right in
                        guard let mask = mask.baseAddress, let left = left.baseAddress, let right = right.baseAddress,
                            let out = buffer.baseAddress
                        else { return }
                        rl_mask_weights(
                            Int64(layer.rows), Int64(layer.columns), Int64(factors.rank), mask, nil, left, right, out)
                    }
                }
            }
        }
    }

    /// Writes the edited weights to `destination`, which holds `layer.count` floats; the edit fits the layer
    /// (`requireFit`).
    func write(weightsOf layer: EditedLayer, to destination: UnsafeMutablePointer<Float>) {
        let (rows, columns) = (Int64(layer.rows), Int64(layer.columns))
        func borrowing(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) -> Void) {
            guard let tensor else { return body(nil) }
            tensor.withUnsafeBufferPointer { body($0.baseAddress) }
        }
        borrowing(layer.base) { base in
            guard let base else { return }
            switch self {
            case .unchanged:
                destination.update(from: base, count: layer.count)
            case .weights(let weights):
                borrowing(weights) { if let source = $0 { destination.update(from: source, count: layer.count) } }
            case .mask(let accumulated, let factors):
                borrowing(accumulated) { mask in
                    borrowing(factors?.left) { left in
                        borrowing(factors?.right) { right in
                            rl_mask_weights(
                                rows, columns, Int64(factors?.rank ?? 0), base, mask, left ?? base, right ?? base,
                                destination)
                        }
                    }
                }
            case .shift(let factors):
                borrowing(factors.left) { left in
                    borrowing(factors.right) { right in
                        guard let left, let right else { return }
                        rl_shift_weights(rows, columns, Int64(factors.rank), base, left, right, destination)
                    }
                }
            }
        }
    }

    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` when a part of the edit does not have the layer's shape.
    func requireFit(_ layer: EditedLayer) throws(WorldError) {
        let shape = [layer.rows, layer.columns]
        func require(_ part: String, _ actual: [Int], _ expected: [Int]) throws(WorldError) {
            guard actual == expected else {
                throw .invalidEdit(layer: layer.name, message: "has \(part) of shape \(actual), expected \(expected)")
            }
        }
        if let dense { try require("weights", dense.shape, shape) }
        if let factors {
            try require("a left factor", factors.left.shape, [layer.rows, factors.rank])
            try require("a right factor", factors.right.shape, [factors.rank, layer.columns])
        }
    }

    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` when the edit holds NaN or infinity.
    func requireFinite(_ layer: EditedLayer) throws(WorldError) {
        for tensor in [dense, factors?.left, factors?.right] {
            guard let tensor, !tensor.isFinite else { continue }
            throw .invalidEdit(layer: layer.name, message: "holds values that are not finite numbers")
        }
    }

    /// The part of the edit that is as large as the layer: an accumulated mask or other weights.
    private var dense: Tensor? {
        switch self {
        case .unchanged, .shift: nil
        case .mask(let accumulated, _): accumulated
        case .weights(let weights): weights
        }
    }

    private var factors: LowRankFactors? {
        switch self {
        case .unchanged, .weights: nil
        case .mask(_, let factors): factors
        case .shift(let factors): factors
        }
    }
}

extension Tensor {
    /// Whether no element is NaN or infinite.
    var isFinite: Bool {
        withUnsafeBufferPointer { values in
            // The bits of magnitudes are ordered as the magnitudes are, and a maximum of integers vectorizes.
            var largest: UInt32 = 0
            for value in values { largest = Swift.max(largest, value.bitPattern & 0x7FFF_FFFF) }
            return largest < Float.infinity.bitPattern
        }
    }
}
