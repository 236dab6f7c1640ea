internal import RLEditTensor

/// The small interpreter of what does not depend on the input: arithmetic of shapes, masks, positions.
extension Importer {
    static let constantOperations: Set<String> =
        Set(Elementwise.binaries.keys).union(Elementwise.plainUnaries.keys).union(Elementwise.settableUnaries).union([
            "Constant", "Identity", "Shape", "Size", "Gather", "Unsqueeze", "Squeeze", "Concat", "Cast", "Slice",
            "Where", "ConstantOfShape", "Range", "Expand", "Reshape", "Flatten", "Transpose", "ReduceProd", "ReduceSum",
            "ReduceMax", "ReduceMin", "ReduceMean", "Tile", "Split", "Dropout", "CastLike", "GatherND",
        ])

    mutating func constant(_ node: NodeMessage, _ inputs: [Constant?]) throws -> [Constant] {
        func input(_ index: Int) throws -> Constant {
            guard index < inputs.count, let input = inputs[index] else {
                throw Refusal("input \(index + 1) is missing")
            }
            return input
        }
        func optional(_ index: Int) -> Constant? { index < inputs.count ? inputs[index] : nil }
        let operation = node.operation
        if let binary = Elementwise.binaries[operation] {
            var result = try input(0)
            for index in 1..<max(inputs.count, 2) {
                let other = try input(index)
                var function = binary
                let isWhole = result.kind == .int && other.kind == .int
                if operation == "Div", isWhole { function = { ($0 / $1).rounded(.towardZero) } }
                if operation == "Mod", node.int("fmod") == 1 { function = { $0.truncatingRemainder(dividingBy: $1) } }
                result = try broadcast(
                    result, other, kind: Elementwise.comparisons.contains(operation) ? .bool : result.kind, function)
            }
            return [result]
        }
        if let unary = Elementwise.plainUnaries[operation] { return [try map(operation, try input(0), unary)] }
        if Elementwise.settableUnaries.contains(operation) {
            let function = try Elementwise.settable(node) { try optional($0)?.values(file).first }
            return [try map(operation, try input(0), function)]
        }
        switch operation {
        case "Constant": return [try constantNode(node)]
        case "Identity", "Dropout": return [try input(0)]
        case "Shape": return [try shape(node, of: try input(0).shape)]
        case "Size": return [Constant([Double(try input(0).count)], shape: [], kind: .int)]
        case "CastLike":
            let kind = try input(1).kind
            return [try cast(try input(0), to: kind == .float ? 1 : kind == .int ? 7 : 9)]
        case "Cast": return [try cast(try input(0), to: node.int("to") ?? 1)]
        case "ConstantOfShape":
            let shape = try ints(try input(0))
            guard case .tensor(let tensor)? = node.attributes["value"] else {
                return [try filled(0, shape: shape, kind: .float)]
            }
            let value = try Constant(tensor, in: file)
            return [try filled(try value.values(file).first ?? 0, shape: shape, kind: value.kind)]
        case "Range":
            let (start, end, step) = (try number(try input(0)), try number(try input(1)), try number(try input(2)))
            let count = ((end - start) / step).rounded(.up)
            guard step != 0, count.isFinite, abs(count) <= Double(Constant.mostValues) else {
                throw Refusal("its range has more than \(Constant.mostValues) values")
            }
            let values = (0..<max(Int(count), 0)).map { start + Double($0) * step }
            return [Constant(values, shape: [values.count], kind: try input(0).kind)]
        case "Where":
            let (condition, yes, no) = (try input(0), try input(1), try input(2))
            let chosen = try broadcast(condition, yes, kind: yes.kind) { $0 != 0 ? $1 : .nan }
            let other = try broadcast(condition, no, kind: no.kind) { $0 != 0 ? .nan : $1 }
            return [try broadcast(chosen, other, kind: yes.kind) { $0.isNaN ? $1 : $0 }]
        case "Expand":
            let target = try ints(try input(1))
            if try Shapes.broadcast(try input(0).shape, target) == (try input(0).shape) { return [try input(0)] }
            let ones = try filled(1, shape: target, kind: .float)
            return [try broadcast(try input(0), ones, kind: try input(0).kind) { value, _ in value }]
        case "Split": return try split(node, try input(0), try optional(1).map { try ints($0) })
        default: return [try moved(node, try input(0), optional)]
        }
    }

    /// Operators that only move values.
    private func moved(
        _ node: NodeMessage, _ x: Constant, _ optional: (Int) -> Constant?
    ) throws -> Constant {
        func list(_ name: String, _ index: Int) throws -> [Int]? {
            try node.ints(name) ?? optional(index).map { try ints($0) }
        }
        switch node.operation {
        case "Reshape":
            guard let target = try list("shape", 1) else { throw Refusal("input 2 is missing") }
            return try x.reshaped(
                try Shapes.reshape(x.shape, to: target, keepsZero: node.int("allowzero") == 1), file)
        case "Flatten":
            let axis = try Shapes.axis(node.int("axis") ?? 1, rank: x.shape.count + 1)
            return try x.reshaped(
                [x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)], file)
        case "Unsqueeze": return try x.reshaped(try Shapes.unsqueeze(x.shape, try list("axes", 1) ?? []), file)
        case "Squeeze": return try x.reshaped(try Shapes.squeeze(x.shape, try list("axes", 1)), file)
        case "Transpose":
            let order = node.ints("perm") ?? x.shape.indices.reversed()
            if order == [1, 0], let turned = x.transposed { return turned }
            guard order.sorted() == Array(x.shape.indices) else { throw Refusal("perm \(order) is no order") }
            return try gathered(x, shape: order.map { x.shape[$0] }) { place in
                var from = [Int](repeating: 0, count: place.count)
                for (to, dimension) in order.enumerated() { from[dimension] = place[to] }
                return from
            }
        case "Gather":
            guard let indices = optional(1) else { throw Refusal("input 2 is missing") }
            let axis = try Shapes.axis(node.int("axis") ?? 0, rank: x.shape.count)
            let chosen = try ints(indices).map { $0 < 0 ? $0 + x.shape[axis] : $0 }
            guard chosen.allSatisfy({ $0 >= 0 && $0 < x.shape[axis] }) else {
                throw Refusal("an index is out of range")
            }
            let shape = x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...]
            return try gathered(x, shape: Array(shape)) { place in
                var flat = 0
                for (offset, size) in indices.shape.enumerated() { flat = flat * size + place[axis + offset] }
                return Array(place[..<axis]) + [chosen[flat]] + Array(place[(axis + indices.shape.count)...])
            }
        case "GatherND":
            guard let indices = optional(1), let depth = indices.shape.last, depth <= x.shape.count,
                node.int("batch_dims") ?? 0 == 0
            else { throw Refusal("its places do not fit its input") }
            let chosen = try ints(indices)
            let outer = Array(indices.shape.dropLast())
            return try gathered(x, shape: outer + x.shape[depth...]) { place in
                let row = zip(place, outer).reduce(0) { $0 * $1.1 + $1.0 }
                let start = chosen[(row * depth)..<(row * depth + depth)].enumerated().map {
                    $0.element < 0 ? $0.element + x.shape[$0.offset] : $0.element
                }
                return start + place[outer.count...]
            }
        case "Concat":
            let axis = try Shapes.axis(node.int("axis") ?? 0, rank: x.shape.count)
            var parts: [Constant] = []
            for index in node.inputs.indices { if let part = optional(index) { parts.append(part) } }
            let values = try parts.map { try $0.values(file) }
            guard parts.allSatisfy({ $0.shape.count == x.shape.count }) else { throw Refusal("its inputs do not fit") }
            var shape = x.shape
            shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
            var result: [Double] = []
            let outer = x.shape[..<axis].reduce(1, *)
            for row in 0..<outer {
                for (part, values) in zip(parts, values) {
                    let width = part.shape[axis...].reduce(1, *)
                    guard (row + 1) * width <= values.count else { throw Refusal("its inputs do not fit") }
                    result += values[(row * width)..<((row + 1) * width)]
                }
            }
            guard Shapes.count(shape) == result.count else { throw Refusal("its inputs do not fit") }
            return Constant(result, shape: shape, kind: x.kind)
        case "Slice":
            let ranges = try Shapes.slices(
                x.shape, starts: try list("starts", 1) ?? [], ends: try list("ends", 2) ?? [],
                axes: try list("axes", 3), steps: try optional(4).map { try ints($0) })
            return try gathered(x, shape: ranges.map(\.count)) { place in
                zip(ranges, place).map { $0.start + $1 * $0.step }
            }
        case "Tile":
            let repeats = try list("repeats", 1) ?? []
            guard repeats.count == x.shape.count else { throw Refusal("its repeats do not fit") }
            return try gathered(x, shape: try zip(x.shape, repeats).map { try Shapes.product($0, $1) }) { place in
                zip(place, x.shape).map { $0 % $1 }
            }
        default: return try reduced(node, x, axes: try list("axes", 1))
        }
    }

    // MARK: Parts

    /// Each value taken from a place of another constant.
    func gathered(_ x: Constant, shape: [Int], _ from: ([Int]) -> [Int]) throws -> Constant {
        let count = try Importer.room(shape)
        let values = try x.values(file)
        var place = [Int](repeating: 0, count: shape.count)
        var result: [Double] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            let source = from(place)
            guard zip(source, x.shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
                throw Refusal("it reads outside of its input")
            }
            result.append(values[zip(source, x.shape).reduce(0) { $0 * $1.1 + $1.0 }])
            Shapes.step(&place, shape)
        }
        return Constant(result, shape: shape, kind: x.kind)
    }

    private func filled(_ value: Double, shape: [Int], kind: Constant.Kind) throws -> Constant {
        Constant(Array(repeating: value, count: try Importer.room(shape)), shape: shape, kind: kind)
    }

    /// The number of values of a shape, when there is room for so many.
    private static func room(_ shape: [Int]) throws -> Int {
        guard let count = Shapes.count(shape), count <= Constant.mostValues, shape.count <= TensorMessage.mostDimensions
        else {
            throw Refusal("it computes a constant of shape \(shape), more than \(Constant.mostValues) values")
        }
        return count
    }

    private func map(_ operation: String, _ x: Constant, _ function: Elementwise.Unary) throws -> Constant {
        let kind = Elementwise.comparisons.contains(operation) ? .bool : x.kind
        return Constant(try x.values(file).map(function), shape: x.shape, kind: kind)
    }

    func broadcast(
        _ a: Constant, _ b: Constant, kind: Constant.Kind, _ function: Elementwise.Binary
    ) throws -> Constant {
        let shape = try Shapes.broadcast(a.shape, b.shape)
        let count = try Importer.room(shape)
        let (left, right) = (try a.values(file), try b.values(file))
        let (leftSteps, rightSteps) = (Shapes.steps(a.shape, in: shape), Shapes.steps(b.shape, in: shape))
        var place = [Int](repeating: 0, count: shape.count)
        var result: [Double] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            let i = zip(place, leftSteps).reduce(0) { $0 + $1.0 * $1.1 }
            let j = zip(place, rightSteps).reduce(0) { $0 + $1.0 * $1.1 }
            result.append(function(left[i], right[j]))
            Shapes.step(&place, shape)
        }
        return Constant(result, shape: shape, kind: kind)
    }

    private func constantNode(_ node: NodeMessage) throws -> Constant {
        switch (node.attributes["value"], node.attributes.first) {
        case (.tensor(let tensor)?, _):
            guard !tensor.isExternal else { throw Refusal("its value is in another file") }
            return try Constant(tensor, in: file)
        case (_, ("value_float", .float(let value))?): return Constant([value], shape: [], kind: .float)
        case (_, ("value_int", .int(let value))?): return Constant([Double(value)], shape: [], kind: .int)
        case (_, ("value_floats", .floats(let values))?): return Constant(values, shape: [values.count], kind: .float)
        case (_, ("value_ints", .ints(let values))?): return Constant(ints: values)
        default: throw Refusal("its value is no tensor of numbers")
        }
    }

    func shape(_ node: NodeMessage, of shape: [Int]) throws -> Constant {
        func place(_ name: String, _ standard: Int) -> Int {
            let index = node.int(name) ?? standard
            return max(0, min(index < 0 ? index + shape.count : index, shape.count))
        }
        let (start, end) = (place("start", 0), place("end", shape.count))
        return Constant(ints: start < end ? Array(shape[start..<end]) : [])
    }

    private func cast(_ x: Constant, to type: Int) throws -> Constant {
        switch type {
        case 1, 10, 11, 16:
            if x.kind == .float, case .stored = x.content { return x }
            return Constant(try x.values(file), shape: x.shape, kind: .float)
        case 9: return Constant(try x.values(file).map { $0 == 0 ? 0 : 1 }, shape: x.shape, kind: .bool)
        case 2...7, 12, 13:
            return Constant(try x.values(file).map { $0.rounded(.towardZero) }, shape: x.shape, kind: .int)
        default: throw Refusal("a cast to data type \(type)")
        }
    }

    /// A list of whole numbers that fit the computer's.
    func ints(_ constant: Constant) throws -> [Int] {
        try constant.values(file).map { value in
            guard !value.isNaN else { throw Refusal("nan in the place of a whole number") }
            // The end of a slice may be the largest 64-bit number.
            return value >= 0x1p62 ? Int(1) << 62 : value <= -0x1p62 ? -(Int(1) << 62) : Int(value)
        }
    }

    func number(_ constant: Constant) throws -> Double {
        guard constant.count == 1, let value = try constant.values(file).first else {
            throw Refusal("one number is expected, got a constant of shape \(constant.shape)")
        }
        return value
    }
}

extension TensorMessage {
    var isExternal: Bool { if case .external = elements { true } else { false } }
}
