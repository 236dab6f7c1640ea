internal import RLEditNN

/// The patterns of transformers: attention, embeddings, masks.
extension Importer {
    /// What two values give together that is a step of a pattern; nil when it is none.
    mutating func pattern(_ node: NodeMessage, _ left: Value, _ right: Value) throws -> Value? {
        switch (node.operation, left, right) {
        case ("Add", .product(let x, let weight), .constant(let bias)),
            ("Add", .constant(let bias), .product(let x, let weight)):
            guard bias.shape == [weight.shape[1]] else { return nil }
            return .activation(try linear(x, weight, bias: bias, node: node))
        case ("Add", .rows(let table, let length, let isShared), let other),
            ("Add", let other, .rows(let table, let length, let isShared)):
            let x = try activation(other)
            guard x.shape.count == 3, isShared || x.shape[1] == length else { return nil }
            let layer = PositionEmbedding(table.shape[0], table.shape[1], isShared: isShared)
            let name = ImportedNames.layer(weight: table, bias: nil, node: nil)
            return .activation(try emit(layer, name, reading: [x], [("weight", table)]))
        case ("Mul", .heads(var heads), .constant(let factor)), ("Mul", .constant(let factor), .heads(var heads)):
            heads.scale *= try number(factor)
            return .heads(heads)
        case ("Div", .heads(var heads), .constant(let factor)):
            heads.scale /= try number(factor)
            return .heads(heads)
        case ("Mul", .scores(var scores), .constant(let factor)), ("Mul", .constant(let factor), .scores(var scores)):
            scores.scale *= try number(factor)
            return .scores(scores)
        case ("Div", .scores(var scores), .constant(let factor)):
            scores.scale /= try number(factor)
            return .scores(scores)
        case ("Add", .scores(var scores), .mask(let mask)), ("Add", .mask(let mask), .scores(var scores)):
            try requireKeys(mask, scores)
            guard abs(mask.token) < 1e-6, mask.padding <= -1e4, !scores.isSoftmax else {
                throw Refusal("a mask that adds \(mask.token) for tokens and \(mask.padding) for padding")
            }
            scores.isMasked = true
            return .scores(scores)
        case ("Add", .scores(let scores), .constant(let zeros)), ("Add", .constant(let zeros), .scores(let scores)):
            guard try zeros.values(file).allSatisfy({ $0 == 0 }) else {
                throw Refusal("a constant is added to the products of queries and keys")
            }
            return .scores(scores)
        default: return try normPattern(node, left, right)
        }
    }

    // MARK: Attention

    /// Tokens cut into heads, or put together again; nil when it is neither.
    mutating func heads(_ value: Value, reshapedTo target: [Int]) throws -> Value? {
        if case .heads(var heads) = value {
            let rest = Array(heads.shape.dropFirst(heads.order[0] == .batchAndHead ? 1 : 2))
            let both = heads.base.batch * heads.heads
            if heads.order.prefix(2) == [.batch, .head], target == [both] + rest {
                heads = Heads(
                    base: heads.base, heads: heads.heads, order: [.batchAndHead] + heads.order.dropFirst(2),
                    scale: heads.scale)
                return .heads(heads)
            }
            if heads.order[0] == .batchAndHead, target == [heads.base.batch, heads.heads] + rest {
                heads = Heads(
                    base: heads.base, heads: heads.heads, order: [.batch, .head] + heads.order.dropFirst(),
                    scale: heads.scale)
                return .heads(heads)
            }
            guard heads.order == [.batch, .length, .head, .width], heads.scale == 1, target == heads.base.shape else {
                throw Refusal("tokens cut into heads become \(target)")
            }
            return .activation(heads.base)
        }
        let old = try shape(of: value)
        guard old.count == 3, target.count == 4, target[0] == old[0], target[1] == old[1],
            try Shapes.product(target[2], target[3]) == old[2], target[2] > 0
        else { return nil }
        return .heads(
            Heads(base: try activation(value), heads: target[2], order: [.batch, .length, .head, .width]))
    }

    mutating func transpose(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        let value = try inputs.value(0)
        let rank = try shape(of: value).count
        let order = node.ints("perm") ?? (0..<rank).reversed()
        guard order.sorted() == Array(0..<rank) else { throw Refusal("perm \(order) is no order") }
        if order == Array(0..<rank) { return value }
        guard case .heads(let heads) = value else {
            throw Refusal("the dimensions of \(try shape(of: value)) in the order \(order)")
        }
        return .heads(
            Heads(base: heads.base, heads: heads.heads, order: order.map { heads.order[$0] }, scale: heads.scale))
    }

    /// The two products of attention; nil when it is none of them.
    mutating func attention(_ inputs: NodeInputs) throws -> Value? {
        let straight: [Heads.Dimension] = [.batch, .head, .length, .width]
        switch (try inputs.value(0), try inputs.value(1)) {
        case (.heads(let query), .heads(let key)):
            guard query.order == straight, key.order == [.batch, .head, .width, .length], query.heads == key.heads,
                query.base.shape == key.base.shape
            else { throw Refusal("a product of heads that is no attention") }
            return .scores(
                AttentionScores(
                    query: query.base, key: key.base, heads: query.heads, scale: query.scale * key.scale))
        case (.scores(let scores), .heads(let value)):
            guard scores.isSoftmax, value.order == straight, value.scale == 1, value.heads == scores.heads else {
                throw Refusal("a product of heads that is no attention")
            }
            let expected = 1 / Double(value.width).squareRoot()
            guard abs(scores.scale - expected) <= 1e-5 * expected else {
                throw Refusal("queries and keys are scaled by \(scores.scale), expected \(expected)")
            }
            var read = [scores.query, scores.key, value.base]
            if scores.isMasked { read.append(Port(port: -1, shape: [scores.query.batch] + input)) }
            let result = try emit(Attention(heads: scores.heads), reading: read)
            return .heads(Heads(base: result, heads: scores.heads, order: straight))
        default: return nil
        }
    }

    mutating func softmax(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        guard case .scores(var scores) = try inputs.value(0), !scores.isSoftmax,
            try Shapes.axis(node.int("axis") ?? -1, rank: 4) == 3
        else {
            throw Refusal(
                "softmax is only known in attention: export a classifier without it, metrics take its scores")
        }
        scores.isSoftmax = true
        return .scores(scores)
    }

    // MARK: Masks and tables

    /// What a mask and a constant give: one number for all places of it.
    func maskResult(_ mask: Mask, _ constant: Constant, _ function: Elementwise.Binary) throws -> Mask {
        let values = try constant.values(file)
        guard let value = values.first, values.allSatisfy({ $0 == value }) else {
            throw Refusal("the mask meets a constant of shape \(constant.shape) with different values")
        }
        let places = try broadcast(mask.places, constant, kind: .int) { place, _ in place }
        return Mask(places: places, token: function(mask.token, value), padding: function(mask.padding, value))
    }

    /// The places of two masks that speak of the same ones.
    func samePlaces(_ a: Mask, _ b: Mask) throws -> Constant {
        let places = try broadcast(a.places, b.places, kind: .int) { $0 == $1 ? $0 : .nan }
        guard !(try places.values(file)).contains(where: \.isNaN) else { throw Refusal("masks of different places") }
        return places
    }

    /// Refuses a mask that does not speak of the keys of attention.
    private func requireKeys(_ mask: Mask, _ scores: AttentionScores) throws {
        let length = scores.key.shape[1]
        let keys = Constant((0..<length).map(Double.init), shape: [1, 1, 1, length], kind: .int)
        _ = try samePlaces(mask, Mask(places: keys, token: 0, padding: 0))
        _ = try Shapes.broadcast(mask.shape, scores.shape)
    }

    /// What a node gives that only moves the elements of a mask; nil for any other.
    mutating func movedMask(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value? {
        let movers: Set = [
            "Reshape", "Flatten", "Unsqueeze", "Squeeze", "Transpose", "Gather", "GatherND", "Slice", "Expand", "Tile",
        ]
        guard case .mask(var mask)? = inputs[0], movers.contains(node.operation) else { return nil }
        let others = try inputs.all.indices.dropFirst().map { try inputs.constant($0) }
        guard let moved = try constant(node, [mask.places] + others).first else { return nil }
        mask.places = moved
        return .mask(mask)
    }

    /// `Where` and `Expand` of masks.
    mutating func masked(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        if node.operation == "Expand" {
            let value = try inputs.value(0)
            guard let target = try inputs.constant(1) else { throw Refusal("input 2 is missing") }
            let shape = try Shapes.broadcast(try self.shape(of: value), try ints(target))
            guard shape == (try self.shape(of: value)) else { throw Refusal("activations are repeated") }
            return value
        }
        switch (try inputs.value(0), try inputs.value(1), try inputs.value(2)) {
        case (.mask(let condition), .constant(let yes), .constant(let no)):
            let chosen = try maskResult(condition, yes) { $0 != 0 ? $1 : 0 }
            let other = try maskResult(condition, no) { $0 != 0 ? 0 : $1 }
            return .mask(
                Mask(
                    places: try samePlaces(chosen, other),
                    token: condition.token != 0 ? chosen.token : other.token,
                    padding: condition.padding != 0 ? chosen.padding : other.padding))
        case (.constant(let condition), let yes, let no) where condition.count == 1:
            return try number(condition) != 0 ? yes : no
        case (.mask(let condition), .constant(let filler), .scores(var scores)):
            try requireKeys(condition, scores)
            guard condition.token == 0, condition.padding != 0, try number(filler) <= -1e4, !scores.isSoftmax else {
                throw Refusal("a mask that changes what tokens give")
            }
            scores.isMasked = true
            return .scores(scores)
        case (.mask(let condition), .scores(var scores), .constant(let filler)):
            try requireKeys(condition, scores)
            guard condition.token != 0, condition.padding == 0, try number(filler) <= -1e4, !scores.isSoftmax else {
                throw Refusal("a mask that changes what tokens give")
            }
            scores.isMasked = true
            return .scores(scores)
        default: throw Refusal("a choice that depends on the network's input")
        }
    }

    mutating func gather(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        switch (try inputs.value(0), try inputs.value(1)) {
        case (.constant(let table), .activation(let tokens)):
            guard node.int("axis") ?? 0 == 0, table.shape.count == 2, tokens.port == -1, tokens.shape.count == 2 else {
                throw Refusal("only rows of a constant table for the network's own tokens can be taken")
            }
            return .activation(
                try emit(
                    TokenEmbedding(table.shape[0], table.shape[1]),
                    ImportedNames.layer(weight: table, bias: nil, node: node), reading: [tokens], [("weight", table)]))
        case (_, .constant(let index)):
            let x = try activation(inputs, 0, node)
            guard x.shape.count == 3, try Shapes.axis(node.int("axis") ?? 0, rank: 3) == 1, index.shape.isEmpty,
                try number(index) == 0
            else { throw Refusal("only the first token of all can be taken") }
            return .activation(try emit(TokenPooling(.first), reading: [x]))
        default: throw Refusal("only rows of a constant table for the network's own tokens can be taken")
        }
    }

    /// The rows of a table of positions or of segments, which stay a table; nil for any other node.
    func rows(_ node: NodeMessage, _ inputs: [Value?]) throws -> Value? {
        guard node.operation == "Gather", node.int("axis") ?? 0 == 0, inputs.count == 2,
            case .constant(let table)? = inputs[0], case .constant(let indices)? = inputs[1], table.kind == .float,
            table.shape.count == 2, table.stored != nil, let length = indices.shape.last,
            indices.shape.count == 1 || indices.shape.count == 2 && indices.shape[0] == 1
        else { return nil }
        let places = try ints(indices)
        if places.allSatisfy({ $0 == 0 }), table.shape[0] > 0 {
            return .rows(table, length: length, isShared: true)
        }
        guard places == Array(0..<length), length <= table.shape[0] else { return nil }
        return .rows(table, length: length, isShared: false)
    }
}
