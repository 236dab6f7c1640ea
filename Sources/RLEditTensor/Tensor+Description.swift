extension Tensor: CustomStringConvertible {
    /// Shape and first values, for example `Tensor [3]: 1.0, 2.0, 3.0`; those of a matrix by rows, a line each.
    public var description: String {
        let shown = 8
        if shape.isEmpty { return "Tensor []: \(first(1, from: 0))" }
        if count == 0 { return "Tensor \(shape): empty" }
        guard shape.count == 2 else {
            return "Tensor \(shape): \(first(Swift.min(count, shown), from: 0))\(count > shown ? ", …" : "")"
        }
        let (rows, columns) = (shape[0], shape[1])
        var lines = (0..<Swift.min(rows, shown)).map { row in
            "  \(first(Swift.min(columns, shown), from: row * columns))\(columns > shown ? ", …" : "")"
        }
        if rows > shown { lines.append("  …") }
        return "Tensor \(shape):\n" + lines.joined(separator: "\n")
    }

    private func first(_ number: Int, from start: Int) -> String {
        withUnsafeBufferPointer { $0[start..<start + number].map { "\($0)" } }.joined(separator: ", ")
    }
}

extension Tensor {
    /// Whether both have one shape and every pair of elements satisfies |a − b| ≤ absolute + relative · |b|.
    ///
    /// Equal infinities are close; NaN is close to nothing. Defaults as in NumPy and PyTorch.
    public func isClose(to other: Tensor, relativeTolerance: Float = 1e-5, absoluteTolerance: Float = 1e-8) -> Bool {
        guard shape == other.shape else { return false }
        return withUnsafeBufferPointer { a in
            other.withUnsafeBufferPointer { b in
                for index in a.indices where a[index] != b[index] {
                    let difference = (a[index] - b[index]).magnitude
                    guard difference <= absoluteTolerance + relativeTolerance * b[index].magnitude,
                        b[index].isFinite
                    else { return false }
                }
                return true
            }
        }
    }
}
