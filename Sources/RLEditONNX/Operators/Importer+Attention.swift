internal import RLEditNN

/// Attention, from queries, keys and values that are cut into heads to tokens again.
extension Importer {
    /// A value whose elements may have moved.
    mutating func view(_ value: Value) throws -> View {
        if case .view(let view) = value { return view }
        return View(try activation(value))
    }

    /// The elements of a value in another shape.
    mutating func view(_ value: Value, reshapedTo target: [Int]) throws -> Value {
        if case .scores(var scores) = value {
            let rank = target.count - 2
            guard rank > 0, Array(target[rank...]) == Array(scores.shape.suffix(2)),
                target[..<rank].reduce(1, *) == scores.leading.reduce(1, *)
            else { throw Refusal("the products of queries and keys become \(target)") }
            scores.leading = Array(target[..<rank])
            return .scores(scores)
        }
        let old = try view(value)
        guard let new = old.reshaped(to: target) else {
            throw Refusal("shape \(old.shape) becomes \(target), and no layer does that")
        }
        return new.value
    }

    mutating func transpose(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        let value = try inputs.value(0)
        let rank = try shape(of: value).count
        let order = node.ints("perm") ?? (0..<rank).reversed()
        guard order.sorted() == Array(0..<rank) else { throw Refusal("perm \(order) is no order") }
        if order == Array(0..<rank) { return value }
        return try view(value).transposed(order).value
    }

    mutating func split(_ node: NodeMessage, _ inputs: NodeInputs) throws -> [Value] {
        let x = try view(try inputs.value(0))
        let axis = try Shapes.axis(node.int("axis") ?? 0, rank: x.shape.count)
        let sizes = try inputs.constant(1).map { try ints($0) } ?? node.ints("split")
        var start = 0
        return try Shapes.parts(
            x.shape[axis], sizes: sizes, count: node.int("num_outputs") ?? node.outputs.count
        ).map { size in
            defer { start += size }
            guard let part = x.part(of: axis, start..<(start + size)) else {
                throw Refusal("parts of dimension \(axis) of \(x.shape)")
            }
            return part.value
        }
    }

    /// The two products of attention; nil when it is none of them.
    mutating func attention(_ inputs: NodeInputs) throws -> Value? {
        let fault = Refusal("a product of heads that is no attention")
        switch (try inputs.value(0), try inputs.value(1)) {
        case (.view(let query), .view(let turned)):
            let rank = turned.shape.count
            guard rank >= 3 else { return nil }
            let key = turned.transposed(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
            guard let heads = query.heads, let others = key.heads, heads.count == others.count,
                heads.features.count == others.features.count, query.base.shape == key.base.shape
            else { throw fault }
            return .scores(
                AttentionScores(
                    query: query, key: key, leading: Array(query.shape.dropLast(2)),
                    scale: query.scale * key.scale))
        case (.scores(let scores), .view(let value)):
            guard scores.isSoftmax, value.scale == 1, let query = scores.query.heads,
                let key = scores.key.heads,
                let own = value.heads, own.count == query.count, own.features.count == query.features.count,
                value.base.shape == scores.query.base.shape
            else { throw fault }
            let width = query.features.count / query.count
            let expected = 1 / Double(width).squareRoot()
            guard abs(scores.scale - expected) <= 1e-5 * expected else {
                throw Refusal("queries and keys are scaled by \(scores.scale), expected \(expected)")
            }
            var read = [
                try features(query.features, of: scores.query.base, as: "query"),
                try features(key.features, of: scores.key.base, as: "key"),
                try features(own.features, of: value.base, as: "value"),
            ]
            if scores.isMasked { read.append(Port(port: -1, shape: [scores.query.base.batch] + input)) }
            let result = View(try emit(Attention(heads: query.count), reading: read))
            let (batch, length) = (result.base.batch, result.base.shape[1])
            guard
                let cut = result.reshaped(to: [batch, length, query.count, width])?.transposed([0, 2, 1, 3])
                    .reshaped(to: scores.leading + [length, width])
            else { throw fault }
            return cut.value
        default: return nil
        }
    }

    /// Some features of tokens. What a fused linear layer gives for queries, keys and values becomes a layer of each.
    private mutating func features(_ range: Range<Int>, of port: Port, as part: String) throws -> Port {
        guard range != 0..<port.shape[2] else { return port }
        guard port.port >= 0, case let linear as Linear = nodes[port.port].layer,
            let weight = constant(of: port.port, "weight")
        else { throw Refusal("attention reads a part of the features of a layer that is not linear") }
        let node = nodes[port.port]
        let owner = node.name.hasSuffix(".in_proj_weight") ? String(node.name.dropLast(15)) : node.name
        var parameters = [("weight", try weight.rows(range, file))]
        if let bias = constant(of: port.port, "bias") {
            parameters.append(("bias", try bias.rows(range, file)))
        }
        let layer = Linear(linear.inFeatures, range.count, bias: linear.hasBias)
        let x = Port(port: node.inputs[0], shape: port.shape.dropLast() + [linear.inFeatures])
        return try emit(layer, "\(owner).\(part)", reading: [x], parameters)
    }

    private func constant(of node: Int, _ parameter: String) -> Constant? {
        parameters.last { $0.name == "\(nodes[node].name).\(parameter)" }?.constant
    }
}
