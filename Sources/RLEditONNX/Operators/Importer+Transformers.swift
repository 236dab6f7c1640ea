internal import RLEditNN

/// The patterns of transformers: embeddings and masks.
extension Importer {
    /// What two values give together that is a step of a pattern; nil when it is none.
    mutating func pattern(_ node: NodeMessage, _ left: Value, _ right: Value) throws -> Value? {
        switch (node.operation, left, right) {
        case ("Add", .product(let x, let weight), .constant(let bias)),
            ("Add", .constant(let bias), .product(let x, let weight)):
            guard bias.shape == [weight.shape[1]] else { return nil }
            return try linear(x, weight, bias: bias, node: node)
        case ("Add", .rows(let table, let length, let isShared), let other),
            ("Add", let other, .rows(let table, let length, let isShared)):
            let x = try activation(other)
            guard x.shape.count == 3, isShared || x.shape[1] == length else { return nil }
            let layer = PositionEmbedding(table.shape[0], table.shape[1], isShared: isShared)
            let name = ImportedNames.layer(weight: table, bias: nil, node: nil)
            return .activation(try emit(layer, name, reading: [x], [("weight", table)]))
        case ("Mul", .view(var view), .constant(let factor)), ("Mul", .constant(let factor), .view(var view)):
            view.scale *= try number(factor)
            return view.value
        case ("Div", .view(var view), .constant(let factor)):
            view.scale /= try number(factor)
            return view.value
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
        case (_, .grouped(let norm), .constant(let constant)), (_, .constant(let constant), .grouped(let norm)):
            return try groupNormPattern(node, norm, constant)
        default:
            if let padding = padding(node, left, right) ?? padding(node, right, left) { return .mask(padding) }
            return try positionsPattern(node, left, right) ?? normPattern(node, left, right)
        }
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
        let length = scores.key.base.shape[1]
        let keys = Constant((0..<length).map(Double.init), shape: [1, 1, 1, length], kind: .int)
        _ = try samePlaces(mask, Mask(places: keys, token: 0, padding: 0))
        _ = try Shapes.broadcast(mask.shape, scores.shape)
    }

    /// A mask, or a constant as one that has its number for tokens and for padding.
    private func mask(_ value: Value, like other: Mask) throws -> Mask {
        switch value {
        case .mask(let mask): return mask
        case .constant(let constant): return try maskResult(other, constant) { $1 }
        default: throw Refusal("a choice between activations that depends on the network's input")
        }
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
        case (.mask(let condition), let yes, let no):
            let (yes, no) = (try mask(yes, like: condition), try mask(no, like: condition))
            let places = Mask(places: try samePlaces(yes, no), token: 0, padding: 0)
            return .mask(
                Mask(
                    places: try samePlaces(places, condition),
                    token: condition.token != 0 ? yes.token : no.token,
                    padding: condition.padding != 0 ? yes.padding : no.padding))
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
        case (.constant(let table), .positions(let positions)): return try rows(table, positions)
        case (_, .constant(let index)):
            let x = try view(try inputs.value(0))
            let axis = try Shapes.axis(node.int("axis") ?? 0, rank: x.shape.count)
            guard index.shape.isEmpty, let place = try ints(index).first,
                let taken = x.place(place < 0 ? place + x.shape[axis] : place, of: axis)
            else { throw Refusal("only one place of a dimension can be taken, got indices of shape \(index.shape)") }
            return taken.isFirstToken ? .activation(try activation(.view(taken))) : taken.value
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
