internal import RLEditNN

extension Importer {
    mutating func unary(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        let function: Elementwise.Unary
        if let plain = Elementwise.plainUnaries[node.operation] {
            function = plain
        } else {
            function = try Elementwise.settable(node) { try inputs.constant($0).map { try number($0) } }
        }
        switch try inputs.value(0) {
        // Sums of exponentials are numbers: exporters ask for texts of padding alone.
        case .scores(let scores) where node.operation == "IsNaN" && scores.isSoftmax:
            return .constant(Constant([0], shape: [], kind: .bool))
        case .mask(var mask):
            (mask.token, mask.padding) = (function(mask.token), function(mask.padding))
            return .mask(mask)
        case .statistic(let statistic): return .statistic(try statistic.after(node.operation))
        default: break
        }
        let x = try expression(inputs, 0, node)
        return .expression(
            try Expression(x.base, cost: x.cost + 1, parts: .chain(x, function)) { [inner = x.function] in
                function(inner($0))
            })
    }

    mutating func binary(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        guard let function = Elementwise.binaries[node.operation], inputs.all.count == 2 else {
            throw Refusal("it has \(inputs.all.count) inputs, expected 2")
        }
        let (left, right) = (try inputs.value(0), try inputs.value(1))
        if let value = try pattern(node, left, right) { return value }
        switch (left, right) {
        case (.mask(let mask), .constant(let constant)):
            return .mask(try maskResult(mask, constant, function))
        case (.constant(let constant), .mask(let mask)):
            return .mask(try maskResult(mask, constant) { function($1, $0) })
        case (.mask(var a), .mask(let b)):
            a.places = try samePlaces(a, b)
            (a.token, a.padding) = (function(a.token, b.token), function(a.padding, b.padding))
            return .mask(a)
        case (_, .constant(let constant)):
            return try binary(node, try expression(inputs, 0, node), constant, function, isLeft: true)
        case (.constant(let constant), _):
            return try binary(node, try expression(inputs, 1, node), constant, function, isLeft: false)
        default: return try twoActivations(node, inputs, function)
        }
    }

    private mutating func expression(_ inputs: NodeInputs, _ index: Int, _ node: NodeMessage) throws -> Expression {
        if case .expression(let expression) = try inputs.value(index) { return expression }
        return Expression(try activation(inputs, index, node))
    }

    /// An activation and a constant: one number for all elements, or one for each channel.
    private mutating func binary(
        _ node: NodeMessage, _ x: Expression, _ constant: Constant, _ function: @escaping Elementwise.Binary,
        isLeft: Bool
    ) throws -> Value {
        guard constant.shape.count <= x.base.shape.count else {
            throw Refusal("a constant of shape \(constant.shape) makes shape \(x.base.shape) larger")
        }
        if constant.count == 1 {
            let number = try number(constant)
            let outer: Elementwise.Unary = { isLeft ? function($0, number) : function(number, $0) }
            return .expression(
                try Expression(x.base, cost: x.cost + 1, parts: .chain(x, outer)) { [inner = x.function] in
                    outer(inner($0))
                })
        }
        let base = try activation(.expression(x))
        return .activation(try affine(node, base, constant, isLeft: isLeft))
    }

    /// A factor or a summand for each channel: a batch norm whose statistics are 0 and 1.
    private mutating func affine(
        _ node: NodeMessage, _ x: Port, _ constant: Constant, isLeft: Bool
    ) throws -> Port {
        let channels = x.shape.count == 4 ? x.shape[1] : x.shape[x.shape.count - 1]
        let padded = Array(repeating: 1, count: x.shape.count - constant.shape.count) + constant.shape
        var expected = Array(repeating: 1, count: x.shape.count)
        if x.shape.count == 3, node.operation == "Add", padded[0] == 1, padded[2] == channels,
            padded[1] == x.shape[1] || padded[1] == 1
        {
            // A row for each token, or one for all of them.
            let layer = PositionEmbedding(padded[1], channels, isShared: padded[1] == 1)
            let name = ImportedNames.layer(weight: constant, bias: nil, node: nil)
            return try emit(layer, name, reading: [x], [("weight", constant)])
        }
        expected[x.shape.count == 4 ? 1 : x.shape.count - 1] = channels
        guard x.shape.count == 2 || x.shape.count == 4, padded == expected else {
            throw Refusal("a constant of shape \(constant.shape) meets an activation of shape \(x.shape)")
        }
        func all(_ value: Double) -> Constant {
            Constant(.init(repeating: value, count: channels), shape: [channels], kind: .float)
        }
        var (weight, bias) = (all(1), all(0))
        switch node.operation {
        case "Add": bias = constant
        case "Mul": weight = constant
        case "Sub" where isLeft: bias = Constant(try constant.values(file).map { -$0 }, shape: [channels], kind: .float)
        case "Div" where isLeft:
            weight = Constant(try constant.values(file).map { 1 / $0 }, shape: [channels], kind: .float)
        default: throw Refusal("a constant of shape \(constant.shape) meets an activation of shape \(x.shape)")
        }
        return try emit(
            BatchNorm(channels, epsilon: 0),
            ImportedNames.layer(weight: weight, bias: bias, node: node), reading: [x],
            [("weight", weight), ("bias", bias), ("running_mean", all(0)), ("running_var", all(1))])
    }

    private mutating func twoActivations(
        _ node: NodeMessage, _ inputs: NodeInputs, _ function: @escaping Elementwise.Binary
    ) throws -> Value {
        let (left, right) = (try inputs.value(0), try inputs.value(1))
        if node.operation == "Mul" {
            // A gate for each channel, of squeeze and excitation.
            let (a, b) = (try shape(of: left), try shape(of: right))
            if a.count == 4, b.count == 4, a != b {
                for (picture, gate, index) in [(a, b, 0), (b, a, 1)] where gate == [picture[0], picture[1], 1, 1] {
                    let (x, factor) = (
                        try activation(inputs, index, node), try activation(inputs, 1 - index, node)
                    )
                    let flat = try emit(Flatten(), reading: [factor])
                    return .activation(try emit(Multiply(), reading: [x, flat]))
                }
            }
        }
        let (a, b) = (try expression(inputs, 0, node), try expression(inputs, 1, node))
        guard a.base.shape == b.base.shape else {
            throw Refusal("activations of the shapes \(a.base.shape) and \(b.base.shape)")
        }
        let parts: Expression.Parts? =
            switch node.operation {
            case "Add": .sum(left, right)
            case "Mul": .product(left, right)
            default: nil
            }
        if a.base == b.base {
            return .expression(
                try Expression(a.base, cost: a.cost + b.cost + 1, parts: parts) { [f = a.function, g = b.function] in
                    function(f($0), g($0))
                })
        }
        let ports = [try activation(inputs, 0, node), try activation(inputs, 1, node)]
        switch node.operation {
        case "Add": return .activation(try emit(Add(), reading: ports))
        case "Mul": return .activation(try emit(Multiply(), reading: ports))
        default: throw Refusal("of two activations only sums and products are supported")
        }
    }
}
