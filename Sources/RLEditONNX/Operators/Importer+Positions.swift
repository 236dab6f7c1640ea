/// RoBERTa's positions: tokens that are no padding, counted from the table's row after that of padding.
extension Importer {
    /// The network's own tokens compared with the number that files give padding, which here is negative.
    func padding(_ node: NodeMessage, _ left: Value, _ right: Value) -> Mask? {
        guard node.operation == "Equal", case .activation(let tokens) = left, tokens.port == -1,
            tokens.shape.count == 2,
            case .constant(let number) = right, number.count == 1, number.kind == .int
        else { return nil }
        let length = tokens.shape[1]
        let places = (0..<(tokens.batch * length)).map { Double($0 % length) }
        return Mask(places: Constant(places, shape: tokens.shape, kind: .int), token: 0, padding: 1)
    }

    func positions(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Positions {
        guard case .mask(let mask) = try inputs.value(0), mask.token == 1, mask.padding == 0, mask.shape.count == 2,
            let axis = try inputs.constant(1).flatMap({ try ints($0).first }), try Shapes.axis(axis, rank: 2) == 1,
            node.int("exclusive") ?? 0 == 0, node.int("reverse") ?? 0 == 0,
            try mask.places.values(file).enumerated().allSatisfy({ $0.element == Double($0.offset % mask.shape[1]) })
        else { throw Refusal("only the tokens of texts can be counted, from the first on") }
        return Positions(shape: mask.shape, first: 1, padding: nil)
    }

    func positionsPattern(_ node: NodeMessage, _ left: Value, _ right: Value) throws -> Value? {
        switch (node.operation, left, right) {
        case ("Mul", .positions(var positions), .mask(let mask)), ("Mul", .mask(let mask), .positions(var positions)):
            guard mask.token == 1, mask.padding == 0, mask.shape == positions.shape else { return nil }
            positions.padding = 0
            return .positions(positions)
        case ("Add", .positions(var positions), .constant(let constant)),
            ("Add", .constant(let constant), .positions(var positions)):
            let shift = try number(constant)
            positions.first += shift
            positions.padding = positions.padding.map { $0 + shift }
            return .positions(positions)
        default: return nil
        }
    }

    /// The rows of a table for the tokens of a text.
    func rows(_ table: Constant, _ positions: Positions) throws -> Value {
        let length = positions.shape[1]
        guard table.shape.count == 2, positions.padding != nil, let first = Int(exactly: positions.first), first >= 0,
            first + length <= table.shape[0]
        else {
            throw Refusal(
                "positions \(positions.first) and on of \(length) tokens, of a table of shape \(table.shape)")
        }
        return .rows(try table.rows(first..<table.shape[0], file), length: length, isShared: false)
    }

    /// Elements of a constant whose elements are all equal, at places that depend on the network's input.
    func sameEverywhere(_ inputs: NodeInputs) throws -> Constant {
        guard case .constant(let table) = try inputs.value(0), let value = try table.values(file).first,
            try table.values(file).allSatisfy({ $0 == value })
        else { throw Refusal("places that depend on the network's input, or are taken of an activation") }
        let shape = try shape(of: try inputs.value(1))
        guard let count = Shapes.count(shape), count <= Constant.mostValues else { throw Refusal("shape \(shape)") }
        return Constant(.init(repeating: value, count: count), shape: shape, kind: table.kind)
    }
}
