extension Tensor {
    /// The tensor with its dimensions in another order: dimension `i` of the result is dimension `order[i]` of `self`.
    /// - Throws: ``TensorError/invalidArgument(operation:message:)`` unless `order` names each dimension once.
    public func permuted(_ order: [Int]) throws(TensorError) -> Tensor {
        guard order.sorted() == Array(0..<rank) else {
            throw .invalidArgument(
                operation: "permute",
                message: "the order must name each of the \(rank) dimensions once, got \(order)")
        }
        if order == Array(0..<rank) { return self }
        let result = Tensor(uninitialized: order.map { shape[$0] }, count: count)
        guard count > 0 else { return result }
        var strides = [Int](repeating: 1, count: rank)
        for dimension in stride(from: rank - 2, through: 0, by: -1) {
            strides[dimension] = strides[dimension + 1] * shape[dimension + 1]
        }
        let sourceStrides = order.map { strides[$0] }
        let target = result.storage.pointer
        let (extents, outer) = (result.shape, rank - 1)
        let (run, step) = (extents[outer], sourceStrides[outer])
        withUnsafeBufferPointer { source in
            var position = [Int](repeating: 0, count: rank)
            var (from, to) = (0, 0)
            while to < count {
                for index in 0..<run { target[to + index] = source[from + index * step] }
                to += run
                var dimension = outer - 1
                while dimension >= 0 {
                    position[dimension] += 1
                    from += sourceStrides[dimension]
                    if position[dimension] < extents[dimension] { break }
                    from -= sourceStrides[dimension] * extents[dimension]
                    position[dimension] = 0
                    dimension -= 1
                }
            }
        }
        return result
    }

    /// The transposed matrix: `[m, n] → [n, m]`.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)`` unless it is a matrix.
    public func transposed() throws(TensorError) -> Tensor {
        guard rank == 2 else { throw .rankMismatch(operation: "transpose", expected: "a matrix", actual: shape) }
        return try permuted([1, 0])
    }

    /// Two dimensions exchanged.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``.
    public func transposed(_ first: Int, _ second: Int) throws(TensorError) -> Tensor {
        try checkDimension(first, "transpose")
        try checkDimension(second, "transpose")
        var order = Array(0..<rank)
        order.swapAt(first, second)
        return try permuted(order)
    }

    /// Without its dimensions of size 1, or without the given one.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``, or
    ///   ``TensorError/invalidArgument(operation:message:)`` when the given dimension is not of size 1.
    public func squeezed(_ dimension: Int? = nil) throws(TensorError) -> Tensor {
        guard let dimension else { return try reshaped(shape.filter { $0 != 1 }) }
        try checkDimension(dimension, "squeeze")
        guard shape[dimension] == 1 else {
            throw .invalidArgument(
                operation: "squeeze", message: "dimension \(dimension) of shape \(shape) has size \(shape[dimension])")
        }
        var result = shape
        result.remove(at: dimension)
        return try reshaped(result)
    }

    /// With a dimension of size 1 put in at `dimension`, 0 ... rank.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``.
    public func unsqueezed(_ dimension: Int) throws(TensorError) -> Tensor {
        guard (0...rank).contains(dimension) else {
            throw .dimensionOutOfRange(operation: "unsqueeze", dimension: dimension, rank: rank)
        }
        var result = shape
        result.insert(1, at: dimension)
        return try reshaped(result)
    }

    /// All elements in one dimension: `[count]`.
    public func flattened() throws(TensorError) -> Tensor { try reshaped([count]) }

    func checkDimension(_ dimension: Int, _ operation: String) throws(TensorError) {
        guard (0..<rank).contains(dimension) else {
            throw .dimensionOutOfRange(operation: operation, dimension: dimension, rank: rank)
        }
    }
}
