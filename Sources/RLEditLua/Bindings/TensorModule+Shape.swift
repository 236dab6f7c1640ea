internal import LuaBridge
internal import RLEditTensor

extension HostModules {
    /// Methods that arrange the same elements in another shape or order.
    static func addShape(to type: LuaType<ScriptTensor>) {
        type.method(
            "size",
            """
            Size of a dimension.
            @param dimension integer
            @return integer
            """
        ) { value, call in
            try call.atMost(1)
            let dimension = try call.dimension(try call.integer(1), 1, of: value.tensor)
            return try call.returns(value.tensor.shape[dimension])
        }
        type.method(
            "reshape",
            """
            The same elements in another shape. One size may be -1: then it follows from the others.
            @param shape rledit.Shape
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(1)
            let shape = try reshapeTarget(call, count: value.tensor.count)
            return try call.returns(try call.blaming(1) { try value.tensor.reshaped(shape) })
        }
        type.method(
            "flatten",
            """
            All elements in one dimension.
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(0)
            return try call.returns(try value.tensor.flattened())
        }
        type.method(
            "transpose",
            """
            The transposed matrix, or two dimensions exchanged.
            @param first integer?
            @param second integer?
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(2)
            if call.isNil(1), call.isNil(2) {
                return try call.returns(try call.blaming(1) { try value.tensor.transposed() })
            }
            let first = try call.dimension(try call.integer(1), 1, of: value.tensor)
            let second = try call.dimension(try call.integer(2), 2, of: value.tensor)
            return try call.returns(try value.tensor.transposed(first, second))
        }
        type.method(
            "permute",
            """
            Dimensions in another order: dimension `i` of the result is dimension `order[i]` of this tensor.
            @param order integer[]
            @return rledit.Tensor
            """
        ) { value, call in
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
        type.method(
            "squeeze",
            """
            Without the dimensions of size 1, or without the given one.
            @param dimension integer?
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(1)
            let dimension = try call.optional(1, as: Int.self).map { try call.dimension($0, 1, of: value.tensor) }
            if let dimension, value.tensor.shape[dimension] != 1 {
                throw call.argumentError(
                    1, "dimension \(dimension + 1) of shape \(value.tensor.shape) is not of size 1")
            }
            return try call.returns(try value.tensor.squeezed(dimension))
        }
        type.method(
            "unsqueeze",
            """
            With a dimension of size 1 put in, which becomes `dimension`.
            @param dimension integer
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(1)
            let number = try call.integer(1)
            // The new dimension may also come after the last one.
            guard let dimension = ScriptIndex.resolve(number, count: value.tensor.rank + 1) else {
                throw call.argumentError(1, "a tensor of rank \(value.tensor.rank) has no place \(number)")
            }
            return try call.returns(try value.tensor.unsqueezed(dimension))
        }
        type.method(
            "broadcast_to",
            """
            Repeated along dimensions of size 1 to fill a shape.
            @param shape rledit.Shape
            @return rledit.Tensor
            """
        ) { value, call in
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
