internal import CKernels

// Arithmetic of two operands. Shapes are broadcast as in NumPy and PyTorch; a result is always a new tensor. The
// variants ending in `InPlace` write to `self`, whose shape must already be that of the result.

extension Tensor {
    /// Sum, element by element.
    /// - Throws: ``TensorError/notBroadcastable(operation:left:right:)``, like all operations here.
    public func add(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_ADD, other, "add") }
    /// Difference, element by element.
    public func sub(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_SUBTRACT, other, "sub") }
    /// Product, element by element.
    public func mul(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_MULTIPLY, other, "mul") }
    /// Quotient, element by element; division by zero gives infinity or NaN, as in IEEE 754.
    public func div(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_DIVIDE, other, "div") }
    /// The larger of two elements; NaN when either is.
    public func maximum(_ other: Tensor) throws(TensorError) -> Tensor {
        try binary(RL_BINARY_MAXIMUM, other, "maximum")
    }
    /// The smaller of two elements; NaN when either is.
    public func minimum(_ other: Tensor) throws(TensorError) -> Tensor {
        try binary(RL_BINARY_MINIMUM, other, "minimum")
    }
    /// Power, element by element.
    public func pow(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_POWER, other, "pow") }

    public func add(_ scalar: Float) -> Tensor { binary(RL_BINARY_ADD, scalar) }
    public func sub(_ scalar: Float) -> Tensor { binary(RL_BINARY_SUBTRACT, scalar) }
    public func mul(_ scalar: Float) -> Tensor { binary(RL_BINARY_MULTIPLY, scalar) }
    public func div(_ scalar: Float) -> Tensor { binary(RL_BINARY_DIVIDE, scalar) }
    public func maximum(_ scalar: Float) -> Tensor { binary(RL_BINARY_MAXIMUM, scalar) }
    public func minimum(_ scalar: Float) -> Tensor { binary(RL_BINARY_MINIMUM, scalar) }
    public func pow(_ scalar: Float) -> Tensor { binary(RL_BINARY_POWER, scalar) }
}

// Comparisons: 1 where it holds, 0 elsewhere.
extension Tensor {
    public func eq(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_EQUAL, other, "eq") }
    public func ne(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_NOT_EQUAL, other, "ne") }
    public func lt(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_LESS, other, "lt") }
    public func le(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_LESS_EQUAL, other, "le") }
    public func gt(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_GREATER, other, "gt") }
    public func ge(_ other: Tensor) throws(TensorError) -> Tensor { try binary(RL_BINARY_GREATER_EQUAL, other, "ge") }

    public func eq(_ scalar: Float) -> Tensor { binary(RL_BINARY_EQUAL, scalar) }
    public func ne(_ scalar: Float) -> Tensor { binary(RL_BINARY_NOT_EQUAL, scalar) }
    public func lt(_ scalar: Float) -> Tensor { binary(RL_BINARY_LESS, scalar) }
    public func le(_ scalar: Float) -> Tensor { binary(RL_BINARY_LESS_EQUAL, scalar) }
    public func gt(_ scalar: Float) -> Tensor { binary(RL_BINARY_GREATER, scalar) }
    public func ge(_ scalar: Float) -> Tensor { binary(RL_BINARY_GREATER_EQUAL, scalar) }
}

// In place.
extension Tensor {
    /// Add to `self`.
    /// - Throws: ``TensorError/notBroadcastable(operation:left:right:)``, or
    ///   ``TensorError/shapeMismatch(operation:expected:actual:)`` when the result would have another shape.
    public mutating func addInPlace(_ other: Tensor) throws(TensorError) { try update(RL_BINARY_ADD, other, "add_") }
    public mutating func subInPlace(_ other: Tensor) throws(TensorError) {
        try update(RL_BINARY_SUBTRACT, other, "sub_")
    }
    public mutating func mulInPlace(_ other: Tensor) throws(TensorError) {
        try update(RL_BINARY_MULTIPLY, other, "mul_")
    }
    public mutating func divInPlace(_ other: Tensor) throws(TensorError) { try update(RL_BINARY_DIVIDE, other, "div_") }
    public mutating func maximumInPlace(_ other: Tensor) throws(TensorError) {
        try update(RL_BINARY_MAXIMUM, other, "maximum_")
    }
    public mutating func minimumInPlace(_ other: Tensor) throws(TensorError) {
        try update(RL_BINARY_MINIMUM, other, "minimum_")
    }
    public mutating func powInPlace(_ other: Tensor) throws(TensorError) { try update(RL_BINARY_POWER, other, "pow_") }

    public mutating func addInPlace(_ scalar: Float) { update(RL_BINARY_ADD, scalar) }
    public mutating func subInPlace(_ scalar: Float) { update(RL_BINARY_SUBTRACT, scalar) }
    public mutating func mulInPlace(_ scalar: Float) { update(RL_BINARY_MULTIPLY, scalar) }
    public mutating func divInPlace(_ scalar: Float) { update(RL_BINARY_DIVIDE, scalar) }
    public mutating func maximumInPlace(_ scalar: Float) { update(RL_BINARY_MAXIMUM, scalar) }
    public mutating func minimumInPlace(_ scalar: Float) { update(RL_BINARY_MINIMUM, scalar) }
    public mutating func powInPlace(_ scalar: Float) { update(RL_BINARY_POWER, scalar) }

    /// Set every element.
    public mutating func fill(_ value: Float) {
        withUnsafeMutableBufferPointer { $0.update(repeating: value) }
    }
}

extension Tensor {
    /// The tensor repeated to a larger shape.
    /// - Throws: ``TensorError/shapeMismatch(operation:expected:actual:)`` when it cannot be.
    public func broadcast(to shape: [Int]) throws(TensorError) -> Tensor {
        let count = try Tensor.elementCount(of: shape)
        let plan = try Broadcasting(self.shape, shape, operation: "broadcast")
        guard plan.shape == shape else {
            throw .shapeMismatch(operation: "broadcast", expected: shape, actual: self.shape)
        }
        let result = Tensor(uninitialized: shape, count: count)
        let (run, stride, _) = plan.run
        let target = result.storage.pointer
        withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            plan.forEachRun { left, _, offset in
                if stride == 0 {
                    (target + offset).initialize(repeating: source[left], count: run)
                } else {
                    (target + offset).initialize(from: source + left, count: run)
                }
            }
        }
        return result
    }

    private func binary(
        _ operation: rl_binary_operation, _ other: Tensor, _ name: String
    ) throws(TensorError) -> Tensor {
        let plan = try Broadcasting(shape, other.shape, operation: name)
        // Two huge dimensions, each broadcast against 1, can make a result that no memory holds.
        let result = Tensor(uninitialized: plan.shape, count: try Tensor.elementCount(of: plan.shape))
        Tensor.run(operation, plan, self, other, into: result.storage.pointer)
        return result
    }

    private mutating func update(
        _ operation: rl_binary_operation, _ other: Tensor, _ name: String
    ) throws(TensorError) {
        let plan = try Broadcasting(shape, other.shape, operation: name)
        guard plan.shape == shape else {
            throw .shapeMismatch(operation: name, expected: shape, actual: plan.shape)
        }
        // When `other` shares this memory, taking the buffer copies first, so the operand stays as it was.
        withUnsafeMutableBufferPointer { target in
            guard let target = target.baseAddress else { return }
            other.withUnsafeBufferPointer { right in
                guard let right = right.baseAddress else { return }
                let (count, leftStride, rightStride) = plan.run
                plan.forEachRun { leftOffset, rightOffset, offset in
                    rl_binary(
                        operation, target + leftOffset, Int64(leftStride), right + rightOffset, Int64(rightStride),
                        target + offset, Int64(count))
                }
            }
        }
    }

    private static func run(
        _ operation: rl_binary_operation, _ plan: Broadcasting, _ left: Tensor, _ right: Tensor,
        into target: UnsafeMutablePointer<Float>
    ) {
        let (count, leftStride, rightStride) = plan.run
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return }
                plan.forEachRun { leftOffset, rightOffset, offset in
                    rl_binary(
                        operation, left + leftOffset, Int64(leftStride), right + rightOffset, Int64(rightStride),
                        target + offset, Int64(count))
                }
            }
        }
    }

    private func binary(_ operation: rl_binary_operation, _ scalar: Float) -> Tensor {
        let result = Tensor(uninitialized: shape, count: count)
        withUnsafeBufferPointer { left in
            guard let left = left.baseAddress else { return }
            withUnsafePointer(to: scalar) { scalar in
                rl_binary(operation, left, 1, scalar, 0, result.storage.pointer, Int64(count))
            }
        }
        return result
    }

    private mutating func update(_ operation: rl_binary_operation, _ scalar: Float) {
        withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            withUnsafePointer(to: scalar) { scalar in
                rl_binary(operation, base, 1, scalar, 0, base, Int64(target.count))
            }
        }
    }
}
