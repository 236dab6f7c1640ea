internal import RLEditNN

/// Layer norms: one operator, or below opset 17 a chain of single ones.
extension Importer {
    mutating func normPattern(_ node: NodeMessage, _ left: Value, _ right: Value) throws -> Value? {
        switch (node.operation, left, right) {
        case ("Sub", .activation(let x), .statistic(let mean)):
            guard case .mean = mean.step, x == mean.base else { return nil }
            return .statistic(Statistic(base: x, step: .centred))
        case ("Pow", .statistic(let centred), .constant(let exponent)):
            guard case .centred = centred.step, try number(exponent) == 2 else { return nil }
            return .statistic(Statistic(base: centred.base, step: .squared))
        case ("Mul", .statistic(let a), .statistic(let b)), ("Div", .statistic(let a), .statistic(let b)):
            guard a.base == b.base else { return nil }
            switch (node.operation, a.step, b.step) {
            case ("Mul", .centred, .centred): return .statistic(Statistic(base: a.base, step: .squared))
            case ("Mul", .centred, .inverse(let epsilon)), ("Mul", .inverse(let epsilon), .centred),
                ("Div", .centred, .deviation(let epsilon)):
                return .statistic(Statistic(base: a.base, step: .normalized(epsilon)))
            default: return nil
            }
        case ("Div", .constant(let one), .statistic(let deviation)):
            guard case .deviation(let epsilon) = deviation.step, try number(one) == 1 else { return nil }
            return .statistic(Statistic(base: deviation.base, step: .inverse(epsilon)))
        case ("Add", .statistic(let statistic), .constant(let constant)),
            ("Add", .constant(let constant), .statistic(let statistic)):
            switch statistic.step {
            case .variance:
                return .statistic(Statistic(base: statistic.base, step: .shiftedVariance(try number(constant))))
            case .scaled(let epsilon, let weight):
                return .activation(try layerNorm(statistic.base, epsilon, weight, constant, node))
            default: return nil
            }
        case ("Mul", .statistic(let statistic), .constant(let weight)),
            ("Mul", .constant(let weight), .statistic(let statistic)):
            guard case .normalized(let epsilon) = statistic.step else { return nil }
            return .statistic(Statistic(base: statistic.base, step: .scaled(epsilon, weight)))
        default: return nil
        }
    }

    mutating func layerNorm(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Port {
        let x = try activation(inputs, 0, node)
        guard try Shapes.axis(node.int("axis") ?? -1, rank: x.shape.count) == x.shape.count - 1,
            let weight = try inputs.constant(1)
        else { throw Refusal("only the last dimension can be normalized, by a constant weight") }
        let zeros = Constant(.init(repeating: 0, count: weight.count), shape: weight.shape, kind: .float)
        return try layerNorm(x, node.float("epsilon") ?? 1e-5, weight, try inputs.constant(2) ?? zeros, node)
    }

    private mutating func layerNorm(
        _ x: Port, _ epsilon: Double, _ weight: Constant, _ bias: Constant, _ node: NodeMessage?
    ) throws -> Port {
        guard weight.shape == [x.shape[x.shape.count - 1]], bias.shape == weight.shape else {
            throw Refusal("a weight of shape \(weight.shape) for an activation of shape \(x.shape)")
        }
        return try emit(
            LayerNorm(weight.count, epsilon: epsilon), ImportedNames.layer(weight: weight, bias: bias, node: node),
            reading: [x], [("weight", weight), ("bias", bias)])
    }
}

extension Statistic {
    /// The mean of what was computed over the last dimension.
    func mean(axes: [Int]?, keeps: Bool) throws -> Statistic {
        guard case .squared = step, keeps, axes == [-1] || axes == [base.shape.count - 1] else {
            throw Refusal("a mean that is no part of a layer norm")
        }
        return Statistic(base: base, step: .variance)
    }

    func after(_ operation: String) throws -> Statistic {
        switch (operation, step) {
        case ("Sqrt", .shiftedVariance(let epsilon)): Statistic(base: base, step: .deviation(epsilon))
        case ("Reciprocal", .deviation(let epsilon)): Statistic(base: base, step: .inverse(epsilon))
        default: throw Refusal("an operation on statistics that is no part of a layer norm")
        }
    }
}
