internal import CKernels

extension Tensor {
    /// exp(x) / Σ exp(x) along a dimension (the last by default), without overflow.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``, or
    ///   ``TensorError/rankMismatch(operation:expected:actual:)`` for a scalar.
    public func softmax(dimension: Int? = nil) throws(TensorError) -> Tensor {
        try softmax(logarithm: false, dimension, "softmax")
    }

    /// Logarithm of the softmax, x − log Σ exp(x), without overflow.
    /// - Throws: as ``softmax(dimension:)``.
    public func logSoftmax(dimension: Int? = nil) throws(TensorError) -> Tensor {
        try softmax(logarithm: true, dimension, "log softmax")
    }

    private func softmax(logarithm: Bool, _ dimension: Int?, _ operation: String) throws(TensorError) -> Tensor {
        guard rank >= 1 else {
            throw .rankMismatch(operation: operation, expected: "at least one dimension", actual: shape)
        }
        let dimension = dimension ?? rank - 1
        try checkDimension(dimension, operation)
        let arranged = try transposed(dimension, rank - 1)
        var result = Tensor(uninitialized: arranged.shape, count: count)
        guard count > 0 else { return try result.transposed(dimension, rank - 1) }
        let width = shape[dimension]
        arranged.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            rl_softmax_rows(
                logarithm ? 1 : 0, source, Int64(count / width), Int64(width), result.storage.pointer)
        }
        if dimension != rank - 1 { result = try result.transposed(dimension, rank - 1) }
        return result
    }
}
