internal import CKernels

// Reductions over all elements (`dimensions` nil) or over the named dimensions, which are left out of the result's shape
// or, with `keepDimensions`, kept as 1. Sums run in double precision over fixed lanes: the bits depend on the values and
// their order alone, not on the processor's vector width.
extension Tensor {
    /// Sum; 0 over no elements.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``, or
    ///   ``TensorError/invalidArgument(operation:message:)`` when a dimension is named twice; so do all reductions.
    public func sum(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor {
        let rows = try rows(over: dimensions, keepDimensions, "sum")
        return rows.result(rows.reduce(RL_ROW_SUM).map { Float($0) })
    }

    /// Arithmetic mean.
    /// - Throws: also ``TensorError/invalidArgument(operation:message:)`` over no elements.
    public func mean(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor {
        let rows = try rows(over: dimensions, keepDimensions, "mean", atLeast: 1)
        return rows.result(rows.means.map { Float($0) })
    }

    /// Largest element; NaN when there is one.
    /// - Throws: also ``TensorError/invalidArgument(operation:message:)`` over no elements.
    public func max(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor {
        let rows = try rows(over: dimensions, keepDimensions, "max", atLeast: 1)
        return rows.result(rows.reduce(RL_ROW_LARGEST).map { Float($0) })
    }

    /// Smallest element; NaN when there is one.
    /// - Throws: also ``TensorError/invalidArgument(operation:message:)`` over no elements.
    public func min(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor {
        let rows = try rows(over: dimensions, keepDimensions, "min", atLeast: 1)
        return rows.result(rows.reduce(RL_ROW_SMALLEST).map { Float($0) })
    }

    /// Variance Σ (x − mean)² / (n − correction), by two passes.
    /// - Parameter correction: 1 (the default, Bessel's, as in PyTorch) or 0 (of the elements themselves, as in NumPy).
    /// - Throws: also ``TensorError/invalidArgument(operation:message:)`` unless n > correction.
    public func variance(
        _ dimensions: [Int]? = nil, keepDimensions: Bool = false, correction: Int = 1
    ) throws(TensorError) -> Tensor {
        let (rows, variances) = try variances(dimensions, keepDimensions, correction, "variance")
        return rows.result(variances.map { Float($0) })
    }

    /// Square root of the variance.
    /// - Throws: as ``variance(_:keepDimensions:correction:)``.
    public func standardDeviation(
        _ dimensions: [Int]? = nil, keepDimensions: Bool = false, correction: Int = 1
    ) throws(TensorError) -> Tensor {
        let (rows, variances) = try variances(dimensions, keepDimensions, correction, "standard deviation")
        return rows.result(variances.map { Float($0.squareRoot()) })
    }

    /// Euclidean norm √Σ x²; 0 over no elements. Squares do not overflow: they are taken in double precision.
    public func norm(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor {
        let rows = try rows(over: dimensions, keepDimensions, "norm")
        return rows.result(rows.reduce(RL_ROW_SUM_OF_SQUARES).map { Float($0.squareRoot()) })
    }

    /// Position of the first largest element along a dimension, for each place of the others, in row-major order. A NaN
    /// counts as largest.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``, or
    ///   ``TensorError/invalidArgument(operation:message:)`` over no elements.
    public func argmax(dimension: Int) throws(TensorError) -> [Int] {
        try rows(over: [dimension], false, "argmax", atLeast: 1).positions(largest: true)
    }

    /// Position of the first smallest element along a dimension. A NaN counts as smallest.
    /// - Throws: as ``argmax(dimension:)``.
    public func argmin(dimension: Int) throws(TensorError) -> [Int] {
        try rows(over: [dimension], false, "argmin", atLeast: 1).positions(largest: false)
    }

    /// Row-major position of the first largest of all elements.
    /// - Throws: ``TensorError/invalidArgument(operation:message:)`` for no elements.
    public func argmax() throws(TensorError) -> Int {
        try rows(over: nil, false, "argmax", atLeast: 1).positions(largest: true)[0]
    }

    /// Row-major position of the first smallest of all elements.
    /// - Throws: as ``argmax()``.
    public func argmin() throws(TensorError) -> Int {
        try rows(over: nil, false, "argmin", atLeast: 1).positions(largest: false)[0]
    }

    private func variances(
        _ dimensions: [Int]?, _ keepDimensions: Bool, _ correction: Int, _ operation: String
    ) throws(TensorError) -> (ReducedRows, [Double]) {
        guard correction >= 0, correction < Int.max else {
            throw .invalidArgument(operation: operation, message: "the correction must not be negative")
        }
        let rows = try rows(over: dimensions, keepDimensions, operation, atLeast: correction + 1)
        let divisor = Double(rows.width - correction)
        return (rows, rows.squaredDeviations.map { $0 / divisor })
    }

    /// Bring the reduced dimensions to the end, so that each result is made of one row.
    private func rows(
        over dimensions: [Int]?, _ keepDimensions: Bool, _ operation: String, atLeast smallest: Int = 0
    ) throws(TensorError) -> ReducedRows {
        let reduced = dimensions ?? Array(0..<rank)
        for dimension in reduced { try checkDimension(dimension, operation) }
        guard Set(reduced).count == reduced.count else {
            throw .invalidArgument(operation: operation, message: "a dimension is named twice in \(reduced)")
        }
        let kept = (0..<rank).filter { !reduced.contains($0) }
        let width = reduced.reduce(1) { $0 * shape[$1] }
        guard width >= smallest else {
            throw .invalidArgument(
                operation: operation, message: "\(smallest) or more elements are needed, shape \(shape) gives \(width)")
        }
        let resultShape =
            keepDimensions ? shape.indices.map { reduced.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
        return ReducedRows(
            source: try permuted(kept + reduced.sorted()), count: try Tensor.elementCount(of: resultShape),
            width: width, resultShape: resultShape)
    }
}

/// A tensor seen as rows, each of which gives one element of a reduction's result.
private struct ReducedRows {
    /// `[count, width]` in row-major order.
    let source: Tensor
    let count: Int
    let width: Int
    let resultShape: [Int]

    var means: [Double] { reduce(RL_ROW_SUM).map { $0 / Double(width) } }

    var squaredDeviations: [Double] {
        var result = [Double](repeating: 0, count: count)
        let means = means
        source.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            rl_squared_deviation_rows(source, Int64(count), Int64(width), means, &result)
        }
        return result
    }

    func reduce(_ reduction: rl_row_reduction) -> [Double] {
        var result = [Double](repeating: 0, count: count)
        source.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            rl_reduce_rows(reduction, source, Int64(count), Int64(width), &result)
        }
        return result
    }

    func positions(largest: Bool) -> [Int] {
        var result = [Int64](repeating: 0, count: count)
        source.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            rl_arg_rows(largest ? 1 : 0, source, Int64(count), Int64(width), &result)
        }
        return result.map { Int($0) }
    }

    func result(_ values: [Float]) -> Tensor {
        let result = Tensor(uninitialized: resultShape, count: count)
        result.storage.pointer.initialize(from: values, count: count)
        return result
    }
}
