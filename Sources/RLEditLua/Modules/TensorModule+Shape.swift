internal import LuaBridge
internal import RLEditTensor

extension HostModules {
    /// Methods that arrange the same elements in another shape or order.
    static func addShape(to type: LuaType<ScriptTensor>) {
        type.method("size") { value, call in
            try call.atMost(1)
            let dimension = try call.dimension(try call.integer(1), 1, of: value.tensor)
            return try call.returns(value.tensor.shape[dimension])
        }
        type.method("reshape") { value, call in
            try call.atMost(1)
            let shape = try reshapeTarget(call, count: value.tensor.count)
            return try call.returns(try call.blaming(1) { try value.tensor.reshaped(shape) })
        }
        type.method("flatten") { value, call in
            try call.atMost(0)
            return try call.returns(try value.tensor.flattened())
        }
        type.method("transpose") { value, call in
            try call.atMost(2)
            if call.isNil(1), call.isNil(2) {
                return try call.returns(try call.blaming(1) { try value.tensor.transposed() })
            }
            let first = try call.dimension(try call.integer(1), 1, of: value.tensor)
            let second = try call.dimension(try call.integer(2), 2, of: value.tensor)
            return try call.returns(try value.tensor.transposed(first, second))
        }
        type.method("permute") { value, call in
            try call.atMost(1)
            let order = try call.table(1).array(of: Int.self, limit: 64).map {
                try call.dimension($0, 1, of: value.tensor)
            }
            guard order.sorted() == Array(0..<value.tensor.rank) else {
                throw call.argumentError(
                    1, "each of the \(value.tensor.rank) dimensions must be named once, got \(order.map { $0 + 1 })")
            }
            return try call.returns(try value.tensor.permuted(order))
        }
        type.method("squeeze") { value, call in
            try call.atMost(1)
            let dimension = try call.optional(1, as: Int.self).map { try call.dimension($0, 1, of: value.tensor) }
            if let dimension, value.tensor.shape[dimension] != 1 {
                throw call.argumentError(
                    1, "dimension \(dimension + 1) of shape \(value.tensor.shape) is not of size 1")
            }
            return try call.returns(try value.tensor.squeezed(dimension))
        }
        type.method("unsqueeze") { value, call in
            try call.atMost(1)
            let number = try call.integer(1)
            // The new dimension may also stand behind the last one.
            guard let dimension = ScriptIndex.resolve(number, count: value.tensor.rank + 1) else {
                throw call.argumentError(1, "a tensor of rank \(value.tensor.rank) has no place \(number)")
            }
            return try call.returns(try value.tensor.unsqueezed(dimension))
        }
        type.method("broadcast_to") { value, call in
            try call.atMost(1)
            let shape = try call.shape(1)
            return try call.returns(try call.blaming(1) { try value.tensor.broadcast(to: shape) })
        }
    }

    /// A shape in which one size may be -1: then it follows from the others.
    private static func reshapeTarget(_ call: LuaCall, count: Int) throws -> [Int] {
        guard case .table(let table) = call.value(1) else {
            let size = try call.integer(1)
            return size == -1 ? [count] : [size]
        }
        var shape = try table.array(of: Int.self, limit: ScriptTensor.largestRank)
        guard let open = shape.firstIndex(of: -1) else { return shape }
        var others = shape
        others.remove(at: open)
        let product = try call.blaming(1) { try Tensor.elementCount(of: others) }
        guard product > 0, count % product == 0 else {
            throw call.argumentError(1, "\(count) elements do not fill a shape \(shape)")
        }
        shape[open] = count / product
        return shape
    }
}
