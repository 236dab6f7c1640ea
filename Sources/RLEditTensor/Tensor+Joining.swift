extension Tensor {
    /// Tensors put one after the other along a dimension; all other dimensions must agree.
    /// - Throws: ``TensorError/shapeMismatch(operation:expected:actual:)``,
    ///   ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``, or
    ///   ``TensorError/invalidArgument(operation:message:)`` for no tensors.
    public static func concat(_ tensors: [Tensor], dimension: Int = 0) throws(TensorError) -> Tensor {
        guard let first = tensors.first else {
            throw .invalidArgument(operation: "concat", message: "at least one tensor is needed")
        }
        try first.checkDimension(dimension, "concat")
        var shape = first.shape
        shape[dimension] = 0
        for tensor in tensors {
            var expected = first.shape
            if tensor.rank == expected.count { expected[dimension] = tensor.shape[dimension] }
            guard tensor.shape == expected else {
                throw .shapeMismatch(operation: "concat", expected: first.shape, actual: tensor.shape)
            }
            // Each size is at most 2^40 and so many tensors do not fit in memory: the sum cannot overflow.
            shape[dimension] += tensor.shape[dimension]
        }
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        guard result.count > 0 else { return result }
        let outer = shape[..<dimension].reduce(1, *)
        let inner = shape[(dimension + 1)...].reduce(1, *)
        let stride = shape[dimension] * inner
        var offset = 0
        for tensor in tensors {
            let run = tensor.shape[dimension] * inner
            tensor.withUnsafeBufferPointer { source in
                guard let base = source.baseAddress, run > 0 else { return }
                for row in 0..<outer {
                    (result.storage.pointer + offset + row * stride).initialize(from: base + row * run, count: run)
                }
            }
            offset += run
        }
        return result
    }

    /// Tensors of one shape put side by side along a new dimension.
    /// - Throws: as ``concat(_:dimension:)``.
    public static func stack(_ tensors: [Tensor], dimension: Int = 0) throws(TensorError) -> Tensor {
        guard let first = tensors.first else {
            throw .invalidArgument(operation: "stack", message: "at least one tensor is needed")
        }
        var expanded: [Tensor] = []
        for tensor in tensors {
            guard tensor.shape == first.shape else {
                throw .shapeMismatch(operation: "stack", expected: first.shape, actual: tensor.shape)
            }
            guard (0...tensor.rank).contains(dimension) else {
                throw .dimensionOutOfRange(operation: "stack", dimension: dimension, rank: tensor.rank)
            }
            expanded.append(try tensor.unsqueezed(dimension))
        }
        return try concat(expanded, dimension: dimension)
    }
}
