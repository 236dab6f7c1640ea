internal import RLEditNN

extension Importer {
    /// Operators that depend on the network's input.
    private static let layerOperations: Set<String> = [
        "Conv", "BatchNormalization", "MaxPool", "AveragePool", "GlobalAveragePool", "Gemm", "MatMul", "Pad",
        "LayerNormalization", "InstanceNormalization", "GroupNormalization", "Softmax", "CastLike", "CumSum",
        "GatherElements",
    ]
    static let operations = constantOperations.union(layerOperations)

    /// What a node gives when an input of it depends on the network's.
    mutating func layerValue(_ node: NodeMessage, _ inputs: NodeInputs) throws -> [Value] {
        let operation = node.operation
        if let moved = try movedMask(node, inputs) { return [moved] }
        if Elementwise.plainUnaries[operation] != nil || Elementwise.settableUnaries.contains(operation) {
            return [try unary(node, inputs)]
        }
        if Elementwise.binaries[operation] != nil { return [try binary(node, inputs)] }
        switch operation {
        case "Identity", "Dropout", "CastLike": return [try inputs.value(0)]
        case "Cast":
            if case .mask(var mask) = try inputs.value(0) {
                if node.int("to") == 9 {
                    (mask.token, mask.padding) = (mask.token == 0 ? 0 : 1, mask.padding == 0 ? 0 : 1)
                }
                return [.mask(mask)]
            }
            if case .positions(let positions) = try inputs.value(0) { return [.positions(positions)] }
            guard [1, 6, 7, 10, 11, 16].contains(node.int("to") ?? 1) else { throw Refusal("a cast of activations") }
            return [try inputs.value(0)]
        case "Shape": return [.constant(try shape(node, of: try shape(of: try inputs.value(0))))]
        case "Conv": return [.activation(try convolution(node, inputs))]
        case "BatchNormalization": return [.activation(try batchNorm(node, inputs))]
        case "MaxPool", "AveragePool": return [.activation(try pooling(node, inputs))]
        case "GlobalAveragePool":
            let x = try activation(inputs, 0, node)
            guard x.shape.count == 4 else { throw Refusal("an input of shape \(x.shape), expected pictures") }
            return [.pooled(x)]
        case "ReduceMean": return [try mean(node, inputs)]
        case "Gemm": return [try gemm(node, inputs)]
        case "MatMul": return [try matrixProduct(node, inputs)]
        case "Flatten", "Reshape", "Squeeze", "Unsqueeze": return [try reshape(node, inputs)]
        case "Split": return try split(node, inputs)
        case "Transpose": return [try transpose(node, inputs)]
        case "Pad": return [try pad(node, inputs)]
        case "Slice": return [try slice(node, inputs)]
        case "Concat": return [try concatenate(node, inputs)]
        case "GatherND": throw Refusal("places that depend on the network's input, or are taken of an activation")
        case "Gather": return [try gather(node, inputs)]
        case "LayerNormalization": return [.activation(try layerNorm(node, inputs))]
        case "InstanceNormalization": return [try instanceNorm(node, inputs)]
        case "GroupNormalization": return [.activation(try groupNorm(node, inputs))]
        case "CumSum": return [.positions(try positions(node, inputs))]
        case "GatherElements": return [.constant(try sameEverywhere(inputs))]
        case "Softmax": return [try softmax(node, inputs)]
        case "Expand", "Where": return [try masked(node, inputs)]
        default: throw Refusal("it depends on the network's input, and no layer computes it")
        }
    }

    /// The shape of a value, the batch first.
    func shape(of value: Value) throws -> [Int] {
        switch value {
        case .constant(let constant): constant.shape
        case .activation(let port): port.shape
        case .expression(let expression): expression.base.shape
        case .padded(let base, let height, let width):
            [base.shape[0], base.shape[1], base.shape[2] + 2 * height, base.shape[3] + 2 * width]
        case .pooled(let base): [base.shape[0], base.shape[1], 1, 1]
        case .product(let x, let weight): x.shape.dropLast() + [weight.shape[1]]
        case .view(let view): view.shape
        case .scores(let scores): scores.shape
        case .mask(let mask): mask.shape
        case .positions(let positions): positions.shape
        case .grouped(let norm): norm.shape
        case .rows(let table, let length, _): [1, length, table.shape[1]]
        case .statistic(let statistic):
            switch statistic.step {
            case .centred, .squared, .normalized, .scaled: statistic.base.shape
            default: statistic.base.shape.dropLast() + [1]
            }
        case .unknown: throw Refusal("its input is not known")
        }
    }

    // MARK: Pictures

    private mutating func convolution(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Port {
        guard let weight = try inputs.constant(1) else { throw Refusal("its weight is missing") }
        guard weight.shape.count == 4 else {
            throw Refusal("a weight of shape \(weight.shape): only convolutions over height and width are supported")
        }
        let kernel = (height: weight.shape[2], width: weight.shape[3])
        var window = try window(node, kernel: kernel)
        let x: Port
        if case .padded(let base, let height, let width) = try inputs.value(0) {
            x = base
            window.padding = (window.padding.height + height, window.padding.width + width)
        } else {
            x = try activation(inputs, 0, node)
        }
        try window.resolve(x.shape)
        var bias = try inputs.constant(2)
        // Some exporters let the graph compute zeros for a convolution without a bias.
        if let zeros = bias, case .values(let values) = zeros.content, values.allSatisfy({ $0 == 0 }) { bias = nil }
        let groups = node.int("group") ?? 1
        guard x.shape.count == 4, groups >= 1, weight.shape[1] <= (1 << 24) / groups else {
            throw Refusal("an input of shape \(x.shape) and \(groups) groups")
        }
        let layer = Conv2D(
            weight.shape[1] * groups, weight.shape[0], kernel: kernel, stride: window.stride, padding: window.padding,
            dilation: window.dilation, groups: groups, bias: bias != nil)
        return try emit(
            layer, ImportedNames.layer(weight: weight, bias: bias, node: node), reading: [x],
            [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []))
    }

    private mutating func batchNorm(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Port {
        guard node.int("training_mode") ?? 0 == 0 else {
            throw Refusal("it is in training mode: export the model after model.eval()")
        }
        let x = try activation(inputs, 0, node)
        var parameters: [(name: String, constant: Constant)] = []
        for (index, name) in ["weight", "bias", "running_mean", "running_var"].enumerated() {
            guard let constant = try inputs.constant(index + 1) else { throw Refusal("input \(index + 2) is missing") }
            parameters.append((name, constant))
        }
        let layer = BatchNorm(parameters[0].constant.count, epsilon: node.float("epsilon") ?? 1e-5)
        return try emit(
            layer, ImportedNames.layer(weight: parameters[0].constant, bias: parameters[1].constant, node: node),
            reading: [x], parameters)
    }

    private mutating func pooling(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Port {
        guard let sizes = node.ints("kernel_shape"), sizes.count == 2 else {
            throw Refusal("only windows over height and width are supported")
        }
        let kernel = (height: sizes[0], width: sizes[1])
        var window = try window(node, kernel: kernel)
        guard window.dilation == (1, 1), node.int("storage_order") ?? 0 == 0 else { throw Refusal("dilated windows") }
        guard node.outputs.count == 1 || node.outputs[1].isEmpty else { throw Refusal("the places of its maxima") }
        var countsPadding = node.int("count_include_pad") == 1
        let x: Port
        if case .padded(let base, let height, let width) = try inputs.value(0), node.operation == "AveragePool",
            window.padding == (0, 0)
        {
            x = base
            window.padding = (height, width)
            countsPadding = true
        } else {
            x = try activation(inputs, 0, node)
        }
        try window.resolve(x.shape)
        if node.int("ceil_mode") == 1 {
            for (size, kernel, stride, padding) in [
                (x.shape[2], kernel.height, window.stride.height, window.padding.height),
                (x.shape[3], kernel.width, window.stride.width, window.padding.width),
            ] where (size + 2 * padding - kernel) % stride != 0 { throw Refusal("ceil_mode, which adds a window here") }
        }
        if node.operation == "MaxPool" {
            return try emit(
                MaxPool2D(kernel: kernel, stride: window.stride, padding: window.padding), reading: [x])
        }
        return try emit(
            AveragePool2D(
                kernel: kernel, stride: window.stride, padding: window.padding, countsPadding: countsPadding),
            reading: [x])
    }

    private mutating func pad(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        guard node.text("mode") ?? "constant" == "constant" else { throw Refusal("mode \(node.text("mode") ?? "")") }
        let x = try activation(inputs, 0, node)
        let given = try inputs.constant(1).map { try ints($0) } ?? node.ints("pads") ?? []
        let value = try inputs.constant(2).map { try number($0) } ?? node.float("value") ?? 0
        let axes =
            try inputs.constant(3).map { try ints($0).map { try Shapes.axis($0, rank: x.shape.count) } }
            ?? Array(x.shape.indices)
        guard given.count == 2 * axes.count else { throw Refusal("\(given.count) pads of \(axes.count) dimensions") }
        var (before, after) = ([Int](repeating: 0, count: x.shape.count), [Int](repeating: 0, count: x.shape.count))
        for (index, axis) in axes.enumerated() {
            (before[axis], after[axis]) = (given[index], given[axes.count + index])
        }
        if before.allSatisfy({ $0 == 0 }), after.allSatisfy({ $0 == 0 }) { return .activation(x) }
        guard x.shape.count == 4, value == 0, before[0] == 0, after[0] == 0,
            (before + after).allSatisfy({ (0...(1 << 24)).contains($0) })
        else { throw Refusal("only zeros around the channels, heights and widths of pictures are supported") }
        guard before[2] == after[2], before[3] == after[3], before[2] <= 1 << 15, before[3] <= 1 << 15 else {
            throw Refusal("zeros on one side only, and pads \(before) before and \(after) after are not supported")
        }
        var base = x
        if before[1] + after[1] > 0 { base = try emit(PadChannels(before: before[1], after: after[1]), reading: [x]) }
        return before[2] + before[3] > 0 ? .padded(base, height: before[2], width: before[3]) : .activation(base)
    }

    private mutating func concatenate(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        if inputs.all.count == 2, case .constant(let token)? = inputs[0],
            node.int("axis") == 1 || node.int("axis") == -2
        {
            return .activation(try classToken(token, try activation(inputs, 1, node)))
        }
        var parts: [Port] = []
        for index in inputs.all.indices { parts.append(try activation(inputs, index, node)) }
        guard let rank = parts.first?.shape.count else { throw Refusal("it has no input") }
        let axis = try Shapes.axis(node.int("axis") ?? 0, rank: rank)
        guard axis == (rank == 4 ? 1 : rank - 1), axis > 0 else {
            throw Refusal("only channels of pictures and features of tokens and vectors can follow each other")
        }
        return .activation(parts.count == 1 ? parts[0] : try emit(Concatenate(), reading: parts))
    }

    /// One token for all pictures before the others.
    private mutating func classToken(_ token: Constant, _ x: Port) throws -> Port {
        guard x.shape.count == 3, token.shape == [x.batch, 1, x.shape[2]], x.batch == 1 else {
            throw Refusal("a constant of shape \(token.shape) before an activation of shape \(x.shape)")
        }
        let name = ImportedNames.layer(weight: token, bias: nil, node: nil)
        return try emit(ClassToken(x.shape[2]), name, reading: [x], [("weight", token)])
    }

    private mutating func mean(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        let given = try node.ints("axes") ?? inputs.constant(1).map { try ints($0) }
        let keeps = node.int("keepdims") ?? 1 == 1
        if case .statistic(let statistic) = try inputs.value(0) {
            return .statistic(try statistic.mean(axes: given, keeps: keeps))
        }
        let x = try activation(inputs, 0, node)
        let axes = try (given ?? []).map { try Shapes.axis($0, rank: x.shape.count) }.sorted()
        if x.shape.count == 4, axes == [2, 3] {
            return keeps ? .pooled(x) : .activation(try emit(GlobalAveragePool2D(), reading: [x]))
        }
        if axes == [x.shape.count - 1], keeps, (2...3).contains(x.shape.count) {
            return .statistic(Statistic(base: x, step: .mean))
        }
        if x.shape.count == 3, axes == [1], !keeps {
            return .activation(try emit(TokenPooling(.mean), reading: [x]))
        }
        throw Refusal("a mean over the dimensions \(axes) of \(x.shape)")
    }

    private mutating func reshape(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        var value = try inputs.value(0)
        // Others may read the same function of single elements.
        if case .expression = value { value = .activation(try activation(inputs, 0, node)) }
        let old = try shape(of: value)
        let target: [Int]
        switch node.operation {
        case "Flatten":
            let axis = try Shapes.axis(node.int("axis") ?? 1, rank: old.count + 1)
            target = [old[..<axis].reduce(1, *), old[axis...].reduce(1, *)]
        case "Reshape":
            guard let wanted = try inputs.constant(1).map({ try ints($0) }) ?? node.ints("shape") else {
                throw Refusal("its shape is missing")
            }
            target = try Shapes.reshape(old, to: wanted, keepsZero: node.int("allowzero") == 1)
        default:
            let axes = try node.ints("axes") ?? inputs.constant(1).map { try ints($0) }
            target =
                node.operation == "Squeeze"
                ? try Shapes.squeeze(old, axes) : try Shapes.unsqueeze(old, axes ?? [])
        }
        if target == old { return value }
        if case .grouped(var norm) = value {
            norm.shape = target
            return .grouped(norm)
        }
        if case .pooled(let base) = value, target == [base.batch, base.shape[1]] {
            return .activation(try emit(GlobalAveragePool2D(), reading: [base]))
        }
        if case .activation(let x) = value, target.count == 2, target[0] == x.batch, x.shape.count > 2,
            target[1] * x.batch == x.shape.reduce(1, *), x.shape.count == 4 || target[1] != x.shape[2]
        {
            return .activation(try emit(Flatten(), reading: [x]))
        }
        return try view(value, reshapedTo: target)
    }
}
