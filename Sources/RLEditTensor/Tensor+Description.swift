extension Tensor: CustomStringConvertible {
    /// Shape and first values, for example `Tensor [2, 3]: 1.0, 2.0, 3.0, 4.0, 5.0, 6.0`.
    public var description: String {
        let shown = 8
        let values = withUnsafeBufferPointer { $0.prefix(shown).map { "\($0)" } }.joined(separator: ", ")
        if shape.isEmpty { return "Tensor []: \(values)" }
        return "Tensor \(shape): \(count == 0 ? "empty" : values)\(count > shown ? ", …" : "")"
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
