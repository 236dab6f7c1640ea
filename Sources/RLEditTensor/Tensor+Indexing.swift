// Indices are 0-based here; the script interface adds one. Everything that is read out is a copy.
extension Tensor {
    /// One element.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)``,
    ///   ``TensorError/indexOutOfRange(operation:index:count:)``.
    public func element(_ indices: [Int]) throws(TensorError) -> Float {
        let offset = try offset(of: indices, operation: "get")
        return withUnsafeBufferPointer { $0[offset] }
    }

    /// Write one element.
    /// - Throws: as ``element(_:)``.
    public mutating func setElement(_ indices: [Int], _ value: Float) throws(TensorError) {
        let offset = try offset(of: indices, operation: "set")
        withUnsafeMutableBufferPointer { $0[offset] = value }
    }

    /// One element: `try tensor[2, 0]`. To write, see ``setElement(_:_:)``: a subscript cannot report errors on writes.
    public subscript(_ indices: Int...) -> Float {
        get throws(TensorError) { try element(indices) }
    }

    /// The only element, whatever the rank.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)`` unless there is exactly one.
    public func item() throws(TensorError) -> Float {
        guard count == 1 else {
            throw .rankMismatch(operation: "item", expected: "a tensor of one element", actual: shape)
        }
        return withUnsafeBufferPointer { $0[0] }
    }

    private func offset(of indices: [Int], operation: String) throws(TensorError) -> Int {
        guard indices.count == rank else {
            throw .rankMismatch(operation: operation, expected: "a tensor of rank \(indices.count)", actual: shape)
        }
        var offset = 0
        for (index, size) in zip(indices, shape) {
            guard (0..<size).contains(index) else {
                throw .indexOutOfRange(operation: operation, index: index, count: size)
            }
            offset = offset * size + index
        }
        return offset
    }
}

extension Tensor {
    /// A block: one range for each dimension, outermost first; dimensions without a range are taken whole.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)`` for too many ranges,
    ///   ``TensorError/indexOutOfRange(operation:index:count:)``.
    public func slice(_ ranges: [Range<Int>]) throws(TensorError) -> Tensor {
        let ranges = try completed(ranges, operation: "slice")
        let shape = ranges.map(\.count)
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        let target = result.storage.pointer
        withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            Tensor.forEachRun(in: ranges, of: self.shape) { offset, packed, count in
                (target + packed).initialize(from: source + offset, count: count)
            }
        }
        return result
    }

    /// Write a block: `values` is broadcast to the block's shape.
    /// - Throws: as ``slice(_:)``, or ``TensorError/shapeMismatch(operation:expected:actual:)``.
    public mutating func setSlice(_ ranges: [Range<Int>], _ values: Tensor) throws(TensorError) {
        let ranges = try completed(ranges, operation: "set slice")
        let values = try values.broadcast(to: ranges.map(\.count))
        let shape = shape
        withUnsafeMutableBufferPointer { target in
            values.withUnsafeBufferPointer { source in
                guard let target = target.baseAddress, let source = source.baseAddress else { return }
                Tensor.forEachRun(in: ranges, of: shape) { offset, packed, count in
                    (target + offset).update(from: source + packed, count: count)
                }
            }
        }
    }

    /// Entry `index` of the outermost dimension: `[n, …] → […]`.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)`` for a scalar,
    ///   ``TensorError/indexOutOfRange(operation:index:count:)``.
    public func row(_ index: Int) throws(TensorError) -> Tensor {
        guard rank >= 1 else {
            throw .rankMismatch(operation: "row", expected: "at least one dimension", actual: shape)
        }
        guard (0..<shape[0]).contains(index) else {
            throw .indexOutOfRange(operation: "row", index: index, count: shape[0])
        }
        return try slice([index..<index + 1]).reshaped(Array(shape.dropFirst()))
    }

    /// Entries of a dimension in the given order; an index may come more than once.
    /// - Throws: ``TensorError/dimensionOutOfRange(operation:dimension:rank:)``,
    ///   ``TensorError/indexOutOfRange(operation:index:count:)``.
    public func indexSelect(_ indices: [Int], dimension: Int = 0) throws(TensorError) -> Tensor {
        try checkDimension(dimension, "index select")
        let size = shape[dimension]
        for index in indices where !(0..<size).contains(index) {
            throw .indexOutOfRange(operation: "index select", index: index, count: size)
        }
        var shape = shape
        shape[dimension] = indices.count
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        guard result.count > 0 else { return result }
        let outer = shape[..<dimension].reduce(1, *)
        let inner = shape[(dimension + 1)...].reduce(1, *)
        var target = result.storage.pointer
        withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            for block in 0..<outer {
                for index in indices {
                    target.initialize(from: source + (block * size + index) * inner, count: inner)
                    target += inner
                }
            }
        }
        return result
    }

    /// Elements at positions of the row-major order: `[indices.count]`.
    /// - Throws: ``TensorError/indexOutOfRange(operation:index:count:)``.
    public func take(_ indices: [Int]) throws(TensorError) -> Tensor {
        try flattened().indexSelect(indices)
    }

    /// One element of each row: `result[i] = self[i, columns[i]]`, for a matrix `[columns.count, n]`.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)``,
    ///   ``TensorError/shapeMismatch(operation:expected:actual:)``,
    ///   ``TensorError/indexOutOfRange(operation:index:count:)``.
    public func gather(_ columns: [Int]) throws(TensorError) -> Tensor {
        guard rank == 2 else { throw .rankMismatch(operation: "gather", expected: "a matrix", actual: shape) }
        guard columns.count == shape[0] else {
            throw .shapeMismatch(operation: "gather", expected: [shape[0]], actual: [columns.count])
        }
        var positions: [Int] = []
        positions.reserveCapacity(columns.count)
        for (row, column) in columns.enumerated() {
            guard (0..<shape[1]).contains(column) else {
                throw .indexOutOfRange(operation: "gather", index: column, count: shape[1])
            }
            positions.append(row * shape[1] + column)
        }
        return try take(positions)
    }

    /// Ranges for all dimensions, checked.
    private func completed(_ ranges: [Range<Int>], operation: String) throws(TensorError) -> [Range<Int>] {
        guard ranges.count <= rank else {
            throw .rankMismatch(
                operation: operation, expected: "a tensor of rank \(ranges.count) or more", actual: shape)
        }
        for (range, size) in zip(ranges, shape) {
            guard range.lowerBound >= 0, range.lowerBound <= size else {
                throw .indexOutOfRange(operation: operation, index: range.lowerBound, count: size)
            }
            guard range.upperBound <= size else {
                throw .indexOutOfRange(operation: operation, index: range.upperBound - 1, count: size)
            }
        }
        return ranges + shape[ranges.count...].map { 0..<$0 }
    }

    /// Visit the runs of a block: where a run starts in this tensor, where in the packed block, and its length.
    private static func forEachRun(
        in ranges: [Range<Int>], of shape: [Int], _ body: (_ offset: Int, _ packed: Int, _ count: Int) -> Void
    ) {
        guard !ranges.contains(where: \.isEmpty) else { return }
        let rank = shape.count
        guard rank > 0 else { return body(0, 0, 1) }
        // Trailing dimensions that are taken whole belong to one run.
        var outer = rank
        var run = 1
        while outer > 0 {
            outer -= 1
            run *= ranges[outer].count
            if ranges[outer].count != shape[outer] { break }
        }
        var strides = [Int](repeating: 1, count: rank)
        for dimension in stride(from: rank - 2, through: 0, by: -1) {
            strides[dimension] = strides[dimension + 1] * shape[dimension + 1]
        }
        var position = ranges.map(\.lowerBound)
        var packed = 0
        while true {
            body(zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }, packed, run)
            packed += run
            var dimension = outer - 1
            while dimension >= 0 {
                position[dimension] += 1
                if position[dimension] < ranges[dimension].upperBound { break }
                position[dimension] = ranges[dimension].lowerBound
                dimension -= 1
            }
            if dimension < 0 { return }
        }
    }
}
