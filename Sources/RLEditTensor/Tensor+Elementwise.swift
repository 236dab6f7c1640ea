internal import CKernels

// Functions of one operand, element by element. Out of a function's domain the result is NaN, as in IEEE 754.
extension Tensor {
    public func neg() -> Tensor { unary(RL_UNARY_NEGATE) }
    public func abs() -> Tensor { unary(RL_UNARY_ABSOLUTE) }
    public func exp() -> Tensor { unary(RL_UNARY_EXPONENTIAL) }
    /// Natural logarithm.
    public func log() -> Tensor { unary(RL_UNARY_LOGARITHM) }
    public func sqrt() -> Tensor { unary(RL_UNARY_SQUARE_ROOT) }
    public func square() -> Tensor { unary(RL_UNARY_SQUARE) }
    /// Hyperbolic tangent.
    public func tanh() -> Tensor { unary(RL_UNARY_HYPERBOLIC_TANGENT) }
    /// Logistic function 1 / (1 + e⁻ˣ).
    public func sigmoid() -> Tensor { unary(RL_UNARY_LOGISTIC) }
    /// max(x, 0).
    public func relu() -> Tensor { unary(RL_UNARY_RECTIFY) }
    /// −1, 0 or 1; zeros keep their sign.
    public func sign() -> Tensor { unary(RL_UNARY_SIGN) }

    public mutating func negInPlace() { update(RL_UNARY_NEGATE) }
    public mutating func absInPlace() { update(RL_UNARY_ABSOLUTE) }
    public mutating func expInPlace() { update(RL_UNARY_EXPONENTIAL) }
    public mutating func logInPlace() { update(RL_UNARY_LOGARITHM) }
    public mutating func sqrtInPlace() { update(RL_UNARY_SQUARE_ROOT) }
    public mutating func squareInPlace() { update(RL_UNARY_SQUARE) }
    public mutating func tanhInPlace() { update(RL_UNARY_HYPERBOLIC_TANGENT) }
    public mutating func sigmoidInPlace() { update(RL_UNARY_LOGISTIC) }
    public mutating func reluInPlace() { update(RL_UNARY_RECTIFY) }
    public mutating func signInPlace() { update(RL_UNARY_SIGN) }

    /// Elements limited to `low ... high`; NaN stays NaN.
    /// - Throws: ``TensorError/invalidArgument(operation:message:)`` unless `low <= high`.
    public func clamp(_ low: Float, _ high: Float) throws(TensorError) -> Tensor {
        var result = self
        try result.clampInPlace(low, high)
        return result
    }

    public mutating func clampInPlace(_ low: Float, _ high: Float) throws(TensorError) {
        guard low <= high else {
            throw .invalidArgument(
                operation: "clamp", message: "the lower bound \(low) is not below the upper bound \(high)")
        }
        withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            rl_clamp(base, low, high, base, Int64(target.count))
        }
    }

    /// Apply a function of Swift to every element.
    public func map(_ transform: (Float) -> Float) -> Tensor {
        var result = self
        result.withUnsafeMutableBufferPointer { target in
            for index in target.indices { target[index] = transform(target[index]) }
        }
        return result
    }

    private func unary(_ operation: rl_unary_operation) -> Tensor {
        let result = Tensor(uninitialized: shape, count: count)
        withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            rl_unary(operation, source, result.storage.pointer, Int64(count))
        }
        return result
    }

    private mutating func update(_ operation: rl_unary_operation) {
        withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            rl_unary(operation, base, base, Int64(target.count))
        }
    }
}
