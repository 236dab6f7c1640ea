internal import RLEditNN

/// Group norms: one operator, or an instance norm of groups that are reshaped to channels and back.
extension Importer {
    mutating func instanceNorm(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        guard let scale = try inputs.constant(1), let shift = try inputs.constant(2) else {
            throw Refusal("its scale or its bias is missing")
        }
        var (base, shape) = (Port(port: -1, shape: []), [Int]())
        if case .view(let view) = try inputs.value(0), view.isInOrder {
            (base, shape) = (view.base, view.shape)
        } else {
            base = try activation(inputs, 0, node)
            shape = base.shape
        }
        let isPicture = base.shape.count == 4 || base.shape.count == 2 && shape.count > 2
        guard isPicture, shape.count >= 3, shape[0] == base.batch, base.shape[1] % shape[1] == 0,
            scale.shape == [shape[1]], shift.shape == scale.shape
        else { throw Refusal("an activation of shape \(shape), expected pictures or groups of their channels") }
        return .grouped(
            GroupedNorm(
                base: base, epsilon: node.float("epsilon") ?? 1e-5, shape: shape, scale: scale, shift: shift,
                weight: nil))
    }

    mutating func groupNorm(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Port {
        let x = try activation(inputs, 0, node)
        guard x.shape.count == 2 || x.shape.count == 4, let groups = node.int("num_groups"), groups >= 1,
            let scale = try inputs.constant(1), let shift = try inputs.constant(2)
        else { throw Refusal("an activation of shape \(x.shape), expected pictures, and groups, scale and bias") }
        let epsilon = node.float("epsilon") ?? 1e-5
        // From opset 21 on there is a number for each channel, before for each group.
        if scale.count == x.shape[1], shift.count == scale.count {
            return try groupNorm(x, groups, epsilon, scale, shift, node)
        }
        guard scale.shape == [groups], shift.shape == scale.shape else {
            throw Refusal("a scale of shape \(scale.shape) for \(groups) groups of \(x.shape[1]) channels")
        }
        let norm = GroupedNorm(base: x, epsilon: epsilon, shape: x.shape, scale: scale, shift: shift, weight: nil)
        return try groupNorm(norm, weight: nil, bias: nil, node: node)
    }

    /// A factor or a summand of each channel; nil when it is none.
    mutating func groupNormPattern(_ node: NodeMessage, _ norm: GroupedNorm, _ constant: Constant) throws -> Value? {
        let channels = norm.base.shape[1]
        let inner = norm.base.shape.count - 2
        let padded = Array(repeating: 1, count: max(0, inner + 1 - constant.shape.count)) + constant.shape
        guard norm.shape == norm.base.shape, constant.count == channels,
            Array(padded.suffix(inner + 1)) == [channels] + Array(repeating: 1, count: inner)
        else { return nil }
        switch node.operation {
        case "Mul" where norm.weight == nil:
            var result = norm
            result.weight = constant
            return .grouped(result)
        case "Add": return .activation(try groupNorm(norm, weight: norm.weight, bias: constant, node: node))
        default: return nil
        }
    }

    /// The layer of a pattern, whose groups may have a scale and a shift of their own.
    mutating func groupNorm(
        _ norm: GroupedNorm, weight: Constant?, bias: Constant?, node: NodeMessage?
    ) throws -> Port {
        guard norm.shape == norm.base.shape else {
            throw Refusal("groups of channels that are normalized stay apart, and no layer does that")
        }
        let (channels, groups) = (norm.base.shape[1], norm.scale.count)
        if weight == nil, bias == nil, groups == channels {
            return try groupNorm(norm.base, groups, norm.epsilon, norm.scale, norm.shift, node)
        }
        func each(_ value: (Int) -> Double) -> Constant {
            Constant((0..<channels).map(value), shape: [channels], kind: .float)
        }
        let (scale, shift) = (try norm.scale.values(file), try norm.shift.values(file))
        let (factors, summands) = (try weight?.values(file), try bias?.values(file))
        let size = channels / groups
        let isScaled = weight == nil || scale.contains { $0 != 1 }
        let isShifted = bias == nil || shift.contains { $0 != 0 }
        return try groupNorm(
            norm.base, groups, norm.epsilon,
            isScaled ? each { (factors?[$0] ?? 1) * scale[$0 / size] } : weight ?? norm.scale,
            isShifted ? each { (factors?[$0] ?? 1) * shift[$0 / size] + (summands?[$0] ?? 0) } : bias ?? norm.shift,
            node)
    }

    private mutating func groupNorm(
        _ x: Port, _ groups: Int, _ epsilon: Double, _ weight: Constant, _ bias: Constant, _ node: NodeMessage?
    ) throws -> Port {
        try emit(
            GroupNorm(groups, x.shape[1], epsilon: epsilon),
            ImportedNames.layer(weight: weight, bias: bias, node: node), reading: [x],
            [("weight", weight), ("bias", bias)])
    }
}
