extension Tensor {
    /// Independent normal elements, drawn in row-major order.
    /// - Throws: ``TensorError/invalidShape(_:)``.
    public static func normal(
        _ shape: [Int], mean: Float = 0, standardDeviation: Float = 1, using stream: inout RandomStream
    ) throws(TensorError) -> Tensor {
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        for index in 0..<result.count { result.storage.pointer[index] = mean + standardDeviation * stream.normal() }
        return result
    }

    /// Independent elements uniform in [low, high), drawn in row-major order.
    /// - Throws: ``TensorError/invalidShape(_:)``.
    public static func uniform(
        _ shape: [Int], low: Float = 0, high: Float = 1, using stream: inout RandomStream
    ) throws(TensorError) -> Tensor {
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        for index in 0..<result.count { result.storage.pointer[index] = stream.uniform(low, high) }
        return result
    }

    /// `start`, `start + step`, … below `end` (above it for a negative step): `[n]`.
    /// - Throws: ``TensorError/invalidArgument(operation:message:)`` for a step of zero or values that are not finite,
    ///   ``TensorError/invalidShape(_:)`` for too many elements.
    public static func arange(from start: Float = 0, to end: Float, step: Float = 1) throws(TensorError) -> Tensor {
        guard start.isFinite, end.isFinite, step.isFinite, step != 0 else {
            throw .invalidArgument(
                operation: "arange", message: "finite bounds and a step other than 0 are needed, got step \(step)")
        }
        let steps = ((Double(end) - Double(start)) / Double(step)).rounded(.up)
        let count = try Tensor.elementCount(of: [steps > 0 ? Int(exactly: steps) ?? Int.max : 0])
        let result = Tensor(uninitialized: [count], count: count)
        for index in 0..<count {
            result.storage.pointer[index] = Float(Double(start) + Double(index) * Double(step))
        }
        return result
    }

    /// The identity matrix `[size, size]`.
    /// - Throws: ``TensorError/invalidShape(_:)``.
    public static func identity(_ size: Int) throws(TensorError) -> Tensor {
        var result = try Tensor.zeros([size, size])
        result.withUnsafeMutableBufferPointer { target in
            for index in 0..<size { target[index * size + index] = 1 }
        }
        return result
    }
}
